import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateIdentityProviderCommand,
  type CreateIdentityProviderCommandInput,
  CreateUserPoolClientCommand,
  DeleteIdentityProviderCommand,
  DescribeIdentityProviderCommand,
  DescribeUserPoolCommand,
  GetIdentityProviderByIdentifierCommand,
  ListIdentityProvidersCommand,
  paginateListIdentityProviders,
  UpdateIdentityProviderCommand,
  type UpdateIdentityProviderCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { engines } from '../../support/engines.ts'
import { startTestServer, type TestServer, useTestServer } from '../../support/test-server.ts'
import { addedDetails, allProviders, apple, facebook, google, impliedMapping, oidc, saml } from './provider-requests.ts'

type Request = Partial<CreateIdentityProviderCommandInput>

async function create(server: TestServer, poolId: string, request: Request) {
  const command = new CreateIdentityProviderCommand({ UserPoolId: poolId, ...oidc, ...request })
  return (await server.send(command)).IdentityProvider
}

async function update(server: TestServer, poolId: string, name: string, request: Partial<UpdateIdentityProviderCommandInput>) {
  const command = new UpdateIdentityProviderCommand({ UserPoolId: poolId, ProviderName: name, ...request })
  return (await server.send(command)).IdentityProvider
}

async function describeProvider(server: TestServer, poolId: string, name = oidc.ProviderName) {
  const command = new DescribeIdentityProviderCommand({ UserPoolId: poolId, ProviderName: name })
  return (await server.send(command)).IdentityProvider
}

async function findByIdentifier(server: TestServer, poolId: string, identifier: string) {
  const command = new GetIdentityProviderByIdentifierCommand({ UserPoolId: poolId, IdpIdentifier: identifier })
  return (await server.send(command)).IdentityProvider
}

async function newPool(server: TestServer): Promise<string> {
  return (await server.givenPool()).poolId
}

for (const engine of engines) {
  describe(`Identity providers on ${engine.name}`, () => {
    const server = useTestServer(engine)

    for (const request of allProviders) {
      it(`of type ${request.ProviderType} show the details of the request and those that the service adds`, async () => {
        const poolId = await newPool(server())
        const type = request.ProviderType ?? ''
        const created = await create(server(), poolId, request)
        const { CreationDate: createdAt, LastModifiedDate: updatedAt, ...rest } = created ?? {}
        const { private_key: _never, ...details } = request.ProviderDetails
        assert.deepEqual(rest, {
          UserPoolId: poolId,
          ...request,
          ProviderDetails: { ...addedDetails[type], ...details },
          AttributeMapping: impliedMapping[type],
          IdpIdentifiers: [],
        })
        assert.ok(createdAt instanceof Date)
        assert.deepEqual(createdAt, updatedAt)
        assert.deepEqual(await describeProvider(server(), poolId, request.ProviderName), created)
      })
    }

    it('show mapping, identifiers and levels of assurance as they were sent', async () => {
      const poolId = await newPool(server())
      const sent = {
        AttributeMapping: { email: 'mail', email_verified: 'mail_ok', username: 'sub', name: '__proto__' },
        IdpIdentifiers: ['corp.test', 'Corp Inc', 'corp+2@x'],
        AcrMapping: { Level1: 'urn:corp:pwd', Level4: 'urn:corp:key' },
      }
      const created = await create(server(), poolId, sent)
      const { AttributeMapping, IdpIdentifiers, AcrMapping } = created ?? {}
      assert.deepEqual({ AttributeMapping, IdpIdentifiers, AcrMapping }, sent)
      assert.deepEqual(await describeProvider(server(), poolId), created)
    })

    it('keep the members that an update does not name', async () => {
      const poolId = await newPool(server())
      const more = { AttributeMapping: { email: 'mail' }, IdpIdentifiers: ['corp.test'], AcrMapping: { Level2: 'x' } }
      const before = await create(server(), poolId, more)
      server().clock.advance(5000)
      const after = await update(server(), poolId, oidc.ProviderName ?? '', {})
      const { LastModifiedDate: then, ...kept } = before ?? {}
      const { LastModifiedDate: now, ...shown } = after ?? {}
      assert.deepEqual(shown, kept)
      assert.ok(Number(now) >= Number(then) + 5000)
    })

    it('have each member replaced that an update names', async () => {
      const poolId = await newPool(server())
      await create(server(), poolId, { IdpIdentifiers: ['a', 'b'], AttributeMapping: { email: 'mail' }, AcrMapping: { Level1: 'x' } })
      const details = {
        client_id: 'other',
        attributes_request_method: 'POST',
        oidc_issuer: 'https://new.test',
        authorize_scopes: 'openid',
      }
      const request = { ProviderDetails: details, AttributeMapping: { name: 'cn' }, IdpIdentifiers: ['b', 'c'], AcrMapping: {} }
      const after = await update(server(), poolId, 'Corp', request)
      assert.deepEqual(after?.ProviderDetails, { ...details, attributes_url_add_attributes: 'false' })
      assert.deepEqual(after?.AttributeMapping, { username: 'sub', name: 'cn' })
      assert.deepEqual(after?.AcrMapping, {})
      assert.deepEqual(await describeProvider(server(), poolId), after)
      for (const identifier of ['b', 'c']) assert.deepEqual(await findByIdentifier(server(), poolId, identifier), after)
      await assert.rejects(findByIdentifier(server(), poolId, 'a'), { name: 'ResourceNotFoundException' })
    })

    it('do not change when an update sends the members of an earlier response', async () => {
      const poolId = await newPool(server())
      for (const request of allProviders) {
        const name = request.ProviderName ?? ''
        const created = await create(server(), poolId, request)
        const { ProviderDetails, AttributeMapping, IdpIdentifiers } = created ?? {}
        const after = await update(server(), poolId, name, { ProviderDetails, AttributeMapping, IdpIdentifiers })
        assert.deepEqual({ ...after, LastModifiedDate: 0 }, { ...created, LastModifiedDate: 0 })
      }
      const described = await describeProvider(server(), poolId, 'Facebook')
      const newer = { ...described?.ProviderDetails, api_version: 'v22.0' }
      const after = await update(server(), poolId, 'Facebook', { ProviderDetails: newer })
      assert.equal(after?.ProviderDetails?.['token_url'], 'https://graph.facebook.com/v22.0/oauth/access_token')
    })

    it('accept plain HTTP endpoints on localhost, for a test double of the provider', async () => {
      const poolId = await newPool(server())
      const standIn = { token_url: 'http://localhost:8080/token', authorize_url: 'http://127.0.0.1:8080/authorize' }
      const created = await create(server(), poolId, { ...google, ProviderDetails: { ...google.ProviderDetails, ...standIn } })
      assert.deepEqual(created?.ProviderDetails, { ...addedDetails['Google'], ...google.ProviderDetails, ...standIn })
    })

    it('have unique names, without regard to case in a pool that ignores case', async () => {
      const poolId = await newPool(server())
      await create(server(), poolId, {})
      const duplicate = { name: 'DuplicateProviderException', message: `Corp already exists in user pool ${poolId}` }
      await assert.rejects(create(server(), poolId, { ...saml, ProviderName: 'Corp' }), duplicate)
      await create(server(), poolId, { ProviderName: 'corp' })
      const { poolId: insensitive } = await server().givenPool({ pool: { UsernameConfiguration: { CaseSensitive: false } } })
      await create(server(), insensitive, {})
      await assert.rejects(create(server(), insensitive, { ProviderName: 'CORP' }), { name: 'DuplicateProviderException' })
    })

    it('cannot share an identifier', async () => {
      const poolId = await newPool(server())
      await create(server(), poolId, { IdpIdentifiers: ['corp.test', 'corp.test'] })
      const other = { ...saml, IdpIdentifiers: ['else.test', 'corp.test'] }
      await assert.rejects(create(server(), poolId, other), { name: 'InvalidParameterException' })
      await assert.rejects(describeProvider(server(), poolId, saml.ProviderName), { name: 'ResourceNotFoundException' })
      await assert.rejects(findByIdentifier(server(), poolId, 'else.test'), { name: 'ResourceNotFoundException' })

      await create(server(), poolId, saml)
      const steal = update(server(), poolId, saml.ProviderName ?? '', { IdpIdentifiers: ['corp.test'] })
      await assert.rejects(steal, { name: 'InvalidParameterException' })
      assert.equal((await findByIdentifier(server(), poolId, 'corp.test'))?.ProviderName, 'Corp')
      await server().send(new DeleteIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      await assert.rejects(findByIdentifier(server(), poolId, 'corp.test'), { name: 'ResourceNotFoundException' })
      await update(server(), poolId, saml.ProviderName ?? '', { IdpIdentifiers: ['corp.test'] })
    })

    it('cannot be described, changed or deleted through another pool', async () => {
      const [poolId, other] = [await newPool(server()), await newPool(server())]
      await create(server(), poolId, { IdpIdentifiers: ['corp.test'] })
      const gone = { name: 'ResourceNotFoundException' }
      await assert.rejects(describeProvider(server(), other), gone)
      await assert.rejects(findByIdentifier(server(), other, 'corp.test'), gone)
      await assert.rejects(update(server(), other, 'Corp', { IdpIdentifiers: [] }), gone)
      await assert.rejects(server().send(new DeleteIdentityProviderCommand({ UserPoolId: other, ProviderName: 'Corp' })), gone)
      assert.deepEqual((await server().send(new ListIdentityProvidersCommand({ UserPoolId: other }))).Providers, [])
      await create(server(), other, { IdpIdentifiers: ['corp.test'], ProviderDetails: { ...oidc.ProviderDetails, client_id: 'theirs' } })
      assert.equal((await describeProvider(server(), poolId))?.ProviderDetails?.['client_id'], 'our-id')
    })

    it('do not exist after they are deleted', async () => {
      const poolId = await newPool(server())
      await create(server(), poolId, {})
      const remove = () => server().send(new DeleteIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      await remove()
      const gone = { name: 'ResourceNotFoundException', message: 'Identity provider Corp does not exist.' }
      await assert.rejects(remove(), gone)
      await assert.rejects(describeProvider(server(), poolId), gone)
      await assert.rejects(update(server(), poolId, 'Corp', {}), gone)
    })

    it('of type SignInWithApple accept an update without the private key, and do not show the key', async () => {
      const poolId = await newPool(server())
      await create(server(), poolId, apple)
      const { private_key: _key, ...withoutKey } = apple.ProviderDetails
      const after = await update(server(), poolId, 'SignInWithApple', { ProviderDetails: { ...withoutKey, team_id: 'OTHERTEAM0' } })
      assert.equal(after?.ProviderDetails?.['team_id'], 'OTHERTEAM0')
      assert.equal(after?.ProviderDetails?.['private_key'], undefined)
    })

    it('add `identities` to the schema of their pool, which clients can then read', async () => {
      const { poolId } = await server().givenPool({ pool: { Schema: [{ Name: 'team', AttributeDataType: 'String' }] } })
      const namesOf = async () => {
        const { UserPool: pool } = await server().send(new DescribeUserPoolCommand({ UserPoolId: poolId }))
        return pool?.SchemaAttributes?.slice(19)
      }
      const names = (await namesOf())?.map((attribute) => attribute.Name)
      assert.deepEqual(names, ['updated_at', 'custom:team'])
      const client = { UserPoolId: poolId, ClientName: 'reader', ReadAttributes: ['email', 'identities'] }
      await assert.rejects(server().send(new CreateUserPoolClientCommand(client)), { name: 'InvalidParameterException' })

      await create(server(), poolId, {})
      assert.deepEqual((await namesOf())?.[1], {
        Name: 'identities',
        AttributeDataType: 'String',
        DeveloperOnlyAttribute: false,
        Mutable: true,
        Required: false,
        StringAttributeConstraints: {},
      })
      const { UserPoolClient: reader } = await server().send(new CreateUserPoolClientCommand(client))
      assert.deepEqual(reader?.ReadAttributes, ['email', 'identities'])
    })

    it('can be used by app clients of their pool only', async () => {
      const [poolId, other] = [await newPool(server()), await newPool(server())]
      await create(server(), poolId, {})
      const client = { ClientName: 'app', SupportedIdentityProviders: ['Corp', 'COGNITO'] }
      const { UserPoolClient: created } = await server().send(new CreateUserPoolClientCommand({ UserPoolId: poolId, ...client }))
      assert.deepEqual(created?.SupportedIdentityProviders, ['Corp', 'COGNITO'])
      const message = `The provider Corp does not exist for User Pool ${other}.`
      const elsewhere = new CreateUserPoolClientCommand({ UserPoolId: other, ...client })
      await assert.rejects(server().send(elsewhere), { name: 'InvalidParameterException', message })
    })
  })

  describe(`Many identity providers on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--quotas', '{"identityProvidersPerPool":52}'] })

    it('are listed in pages and limited by the quota', async () => {
      const poolId = await newPool(server())
      await create(server(), await newPool(server()), {})
      const names = Array.from({ length: 52 }, (_, index) => `provider-${String(index).padStart(2, '0')}`)
      for (const ProviderName of names.toReversed()) await create(server(), poolId, { ProviderName })

      const pages = []
      for await (const page of paginateListIdentityProviders({ client: server().client, pageSize: 60 }, { UserPoolId: poolId })) {
        pages.push(page.Providers ?? [])
      }
      assert.deepEqual(
        pages.map((page) => page.length),
        [50, 2],
      )
      assert.deepEqual(
        pages.flat().map((provider) => provider.ProviderName),
        names,
      )
      const { CreationDate, LastModifiedDate } = (await describeProvider(server(), poolId, 'provider-00')) ?? {}
      assert.deepEqual(pages[0]?.[0], { ProviderName: 'provider-00', ProviderType: 'OIDC', CreationDate, LastModifiedDate })

      await assert.rejects(create(server(), poolId, { ProviderName: 'one-more' }), { name: 'LimitExceededException' })
      const { Providers: some, NextToken } = await server().send(new ListIdentityProvidersCommand({ UserPoolId: poolId, MaxResults: 3 }))
      assert.equal(some?.length, 3)
      const elsewhere = new ListIdentityProvidersCommand({ UserPoolId: await newPool(server()), NextToken })
      await assert.rejects(server().send(elsewhere), { name: 'InvalidParameterException' })
    })
  })

  describe(`The secrets of identity providers on ${engine.name}`, () => {
    it('can be opened after a restart', async () => {
      await using server = await startTestServer(engine)
      const poolId = await newPool(server)
      await create(server, poolId, facebook)
      await server.restart()
      assert.equal((await describeProvider(server, poolId, 'Facebook'))?.ProviderDetails?.['client_secret'], 'our-secret')
    })
  })
}

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminLinkProviderForUserCommand,
  DeleteIdentityProviderCommand,
  UpdateIdentityProviderCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createLogger } from '../../../src/base/logger.ts'
import { engines } from '../../support/engines.ts'
import {
  appRequest,
  givenFederatedPool,
  givenProvider,
  providerClient,
  readUser,
  signInByProvider,
  tokensFor,
  usernamesIn,
} from '../../support/federation.ts'
import { type Claims, json, metadataOf, metadataPath, runHostileProvider, signInWithForged } from '../../support/hostile-provider.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { errorIn, type RunningOpenIdProvider, runOpenIdProvider } from '../../support/openid-provider.ts'
import { givenSamlPool, signInBySaml } from '../../support/saml-pool.ts'
import { runSamlProvider } from '../../support/saml-provider.ts'
import { givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'

const refused = {
  error: 'invalid_request',
  description: 'Corp Error - the user has an account of another issuer. The administrator has to allow the change of the issuer.',
}

for (const engine of engines) {
  describe(`Identities after a change of the issuer on ${engine.name}`, async () => {
    const lines: string[] = []
    const logger = createLogger({ level: 'warn', format: 'json', write: (line) => void lines.push(line) })
    const server = useTestServer(engine, { logger })
    const first = await runOpenIdProvider()
    const second = await runOpenIdProvider()
    const hostile = await runHostileProvider()
    const saml = await runSamlProvider()
    const otherSaml = await runSamlProvider()
    before(async () => {
      for (const provider of [first, second]) {
        const accounts = ['12345', '67890'].map((sub) => ({ sub, email: `${sub}@corp.test` }))
        await provider.open({ clients: [providerClient(server())], accounts })
      }
    })

    const signIn = (clientId: string, login = '12345') => signInByProvider(server(), appRequest(clientId), login)
    const claimsOf = async (clientId: string, location: string) => (await tokensFor(server(), clientId, location)).claims
    const detailsOf = ({ issuer }: Pick<RunningOpenIdProvider, 'issuer'>) => ({
      client_id: 'lifeguard',
      client_secret: 'the secret of our client there',
      authorize_scopes: 'openid email profile',
      attributes_request_method: 'GET',
      oidc_issuer: issuer,
    })
    const moveTo = (UserPoolId: string, ProviderDetails: Record<string, string>) =>
      server().send(new UpdateIdentityProviderCommand({ UserPoolId, ProviderName: 'Corp', ProviderDetails }))
    const accept = (UserPoolId: string, PreviousIssuers: readonly string[]) =>
      callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId, Federation: { Providers: { Corp: { PreviousIssuers } } } })
    const identityOf = async (poolId: string, username: string) =>
      JSON.parse((await readUser(server(), poolId, username)).attributes['identities'] ?? '[]')[0]

    it('are not those of a provider that was deleted and made again with another issuer', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), first)
      await claimsOf(clientId, await signIn(clientId))
      await server().send(new DeleteIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      await givenProvider(server(), second, poolId)
      assert.deepEqual(errorIn(await signIn(clientId)), refused)
      const { attributes } = await readUser(server(), poolId, 'Corp_12345')
      assert.equal(JSON.parse(attributes['identities'] ?? '[]')[0].issuer, first.issuer)
      assert.deepEqual(await usernamesIn(server(), poolId), ['Corp_12345'])
      // A subject that nobody has had is new.
      assert.equal((await claimsOf(clientId, await signIn(clientId, '67890')))['cognito:username'], 'Corp_67890')
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'Corp_12345' }))
      assert.equal((await claimsOf(clientId, await signIn(clientId)))['cognito:username'], 'Corp_12345')
    })

    it('are not those of a provider whose issuer was updated, also where they are linked to a user of the pool', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), first)
      await givenUser(server(), poolId, 'local')
      await server().send(linkCommand(poolId, 'local', '12345'))
      assert.equal((await claimsOf(clientId, await signIn(clientId)))['cognito:username'], 'local')
      await moveTo(poolId, detailsOf(second))
      lines.length = 0
      assert.deepEqual(errorIn(await signIn(clientId)), refused)
      const line = lines.find((one) => one.includes('A sign-in by an identity provider failed.')) ?? ''
      for (const issuer of [first.issuer, second.issuer]) assert.ok(line.includes(issuer), `${issuer} in ${line}`)
      assert.equal(JSON.parse(line).reason, 'refused')
      for (const secret of ['12345', 'corp.test', 'local"']) assert.ok(!line.includes(secret), `${secret} in ${line}`)
      await moveTo(poolId, detailsOf(first))
      assert.equal((await claimsOf(clientId, await signIn(clientId)))['cognito:username'], 'local')
    })

    it('sign in the same users once the former issuer is allowed, and have the new issuer from then on', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), first)
      const { sub } = await claimsOf(clientId, await signIn(clientId))
      await signIn(clientId, '67890')
      await moveTo(poolId, detailsOf(second))
      await accept(poolId, ['https://other.test', second.issuer])
      assert.deepEqual(errorIn(await signIn(clientId)), refused)
      await accept(poolId, [first.issuer])
      const { Federation } = await callLifeguard(server(), 'GetUserPoolExtensions', { UserPoolId: poolId })
      assert.deepEqual(Federation.Providers.Corp.PreviousIssuers, [first.issuer])
      assert.equal((await claimsOf(clientId, await signIn(clientId))).sub, sub)
      const { issuer, primary } = await identityOf(poolId, 'Corp_12345')
      assert.deepEqual([issuer, primary], [second.issuer, true])
      await accept(poolId, [])
      assert.equal((await claimsOf(clientId, await signIn(clientId))).sub, sub)
      // One who did not come in the meantime is refused.
      assert.deepEqual(errorIn(await signIn(clientId, '67890')), refused)
      await moveTo(poolId, detailsOf(first))
      assert.deepEqual(errorIn(await signIn(clientId)), refused, 'the former issuer has lost the user who moved')
    })

    it('stay when only the last slash of the issuer differs', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), hostile)
      const issuer = `${hostile.issuer}/`
      const { sub } = await claimsOf(clientId, await signInWithForged(server(), hostile, clientId))
      const answers = { [metadataPath]: json(metadataOf(hostile.issuer, { issuer })) }
      await hostile.answer(answers)
      await moveTo(poolId, { ...detailsOf(hostile), oidc_issuer: issuer })
      const claims = (good: Claims) => ({ ...good, iss: issuer })
      assert.equal((await claimsOf(clientId, await signInWithForged(server(), hostile, clientId, { claims, answers }))).sub, sub)
    })

    it('take the issuer of the first sign-in where administrators have linked them', async () => {
      const { poolId, clientId } = await givenFederatedPool(server(), first)
      await givenUser(server(), poolId, 'local')
      await server().send(linkCommand(poolId, 'local', '12345'))
      assert.equal((await identityOf(poolId, 'local')).issuer, undefined)
      assert.equal((await claimsOf(clientId, await signIn(clientId)))['cognito:username'], 'local')
      assert.equal((await identityOf(poolId, 'local')).issuer, first.issuer)
    })

    it('are counted by CheckIdentityProvider, which says what to do', async () => {
      const check = async (UserPoolId: string) => {
        const answer = await callLifeguard(server(), 'CheckIdentityProvider', { UserPoolId, ProviderName: 'Corp' })
        return answer.Checks.find(({ Name }: { Name: string }) => Name === 'ISSUER')
      }
      const { poolId, clientId } = await givenFederatedPool(server(), first)
      assert.equal(await check(poolId), undefined)
      await signIn(clientId)
      assert.deepEqual((await check(poolId)).Status, 'OK')
      await moveTo(poolId, detailsOf(second))
      await signIn(clientId, '67890')
      const { Status, Message } = await check(poolId)
      assert.equal(Status, 'WARNING')
      assert.match(Message, /^1 identity of the first 2 users of the provider is of another issuer than .* and cannot sign in: /)
      for (const text of [`${first.issuer} (OIDC)`, second.issuer]) assert.ok(Message.includes(text), Message)
      assert.ok(!Message.includes('12345'))
      await accept(poolId, [first.issuer])
      assert.equal((await check(poolId)).Status, 'OK')

      const bySaml = await givenSamlPool(server(), saml)
      await signInBySaml(server(), bySaml.clientId)
      assert.equal((await check(bySaml.poolId)).Status, 'OK')
      const other = await givenSamlPool(server(), otherSaml)
      await moveTo(bySaml.poolId, { MetadataFile: await other.open() })
      assert.ok((await check(bySaml.poolId)).Message.includes(`${saml.origin}/metadata (SAML)`))
    })

    it('are those of one entity id at SAML providers', async () => {
      const { poolId, clientId } = await givenSamlPool(server(), saml)
      const { sub } = await claimsOf(clientId, await signInBySaml(server(), clientId))
      const other = await givenSamlPool(server(), otherSaml)
      const serviceProvider = { entityId: `urn:amazon:cognito:sp:${poolId}`, assertionConsumerUrl: `${server().url}/saml2/idpresponse` }
      await moveTo(poolId, { MetadataFile: await other.open({ serviceProvider }) })
      assert.deepEqual(errorIn(await signInBySaml(server(), clientId)), refused)
      await accept(poolId, [`${saml.origin}/metadata`])
      assert.equal((await claimsOf(clientId, await signInBySaml(server(), clientId))).sub, sub)
      assert.equal((await identityOf(poolId, 'Corp_Ana-1')).issuer, `${otherSaml.origin}/metadata`)
    })

    it('do not move to a provider of another type, although it has the same issuer', async () => {
      const { poolId, clientId, open } = await givenSamlPool(server(), saml)
      const metadata = (await open({ values: { Issuer: first.issuer } })).replaceAll(`${saml.origin}/metadata`, first.issuer)
      await moveTo(poolId, { MetadataFile: metadata })
      const { sub } = await claimsOf(clientId, await signInBySaml(server(), clientId))
      assert.equal((await identityOf(poolId, 'Corp_Ana-1')).issuer, first.issuer)
      await server().send(new DeleteIdentityProviderCommand({ UserPoolId: poolId, ProviderName: 'Corp' }))
      await first.setAccounts({ sub: 'Ana-1', email: 'eve@corp.test' })
      await givenProvider(server(), first, poolId)
      assert.deepEqual(errorIn(await signIn(clientId, 'Ana-1')), refused)
      await accept(poolId, [first.issuer])
      assert.equal((await claimsOf(clientId, await signIn(clientId, 'Ana-1'))).sub, sub)
    })
  })
}

const linkCommand = (UserPoolId: string, username: string, subject: string) =>
  new AdminLinkProviderForUserCommand({
    UserPoolId,
    DestinationUser: { ProviderName: 'Cognito', ProviderAttributeValue: username },
    SourceUser: { ProviderName: 'Corp', ProviderAttributeName: 'Cognito_Subject', ProviderAttributeValue: subject },
  })

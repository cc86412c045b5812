import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { engines } from '../../support/engines.ts'
import { callJson, countIdentityRows, givenIdentityPool, storeIdentities } from '../../support/identity-pools.ts'
import { sweepDeletionsOf } from '../../support/sweep-deletions.ts'
import { useTestServer } from '../../support/test-server.ts'

const whole = {
  IdentityPoolName: 'My shop = +,.@-',
  AllowUnauthenticatedIdentities: true,
  AllowClassicFlow: true,
  SupportedLoginProviders: { 'graph.facebook.com': '7346241598935552', 'api.twitter.com': 'consumer-key;consumer-secret' },
  DeveloperProviderName: 'login.shop.test',
  OpenIdConnectProviderARNs: ['arn:aws:iam::123456789012:oidc-provider/idp.example.test/tenant'],
  CognitoIdentityProviders: [
    { ProviderName: 'cognito-idp.us-east-1.amazonaws.com/us-east-1_123456789', ClientId: 'abc123', ServerSideTokenCheck: true },
    { ProviderName: 'localhost:9229/us-east-1_123456789', ClientId: 'def456', ServerSideTokenCheck: false },
  ],
  SamlProviderARNs: ['arn:aws:iam::123456789012:saml-provider/corp'],
  IdentityPoolTags: { stage: 'test', empty: '' },
}

const smallest = { IdentityPoolName: 'smallest', AllowUnauthenticatedIdentities: false }
const unknownId = 'us-east-1:00000000-0000-0000-0000-000000000000'
const notFound = { name: 'ResourceNotFoundException', message: `IdentityPool '${unknownId}' not found.` }
const invalid = { name: 'InvalidParameterException' }

for (const engine of engines) {
  describe(`Identity pools on ${engine.name}`, () => {
    const server = useTestServer(engine)

    it('keep every setting that they are created with', async () => {
      const created = await callJson(server(), 'CreateIdentityPool', whole)
      const { IdentityPoolId } = created
      assert.match(IdentityPoolId, /^us-east-1:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/)
      assert.deepEqual(created, { IdentityPoolId, ...whole })
      assert.deepEqual(await callJson(server(), 'DescribeIdentityPool', { IdentityPoolId }), created)
    })

    it('have no settings but those that are required, unless they are given', async () => {
      const created = await callJson(server(), 'CreateIdentityPool', smallest)
      assert.deepEqual(created, { IdentityPoolId: created.IdentityPoolId, ...smallest, IdentityPoolTags: {} })
    })

    it('check no revocation of tokens by default', async () => {
      const { ServerSideTokenCheck: _default, ...provider } = whole.CognitoIdentityProviders[0] ?? assert.fail()
      const { CognitoIdentityProviders } = await callJson(server(), 'CreateIdentityPool', {
        ...smallest,
        CognitoIdentityProviders: [provider],
      })
      assert.deepEqual(CognitoIdentityProviders, [{ ...provider, ServerSideTokenCheck: false }])
    })

    it('may have equal names', async () => {
      const [one, other] = [await givenIdentityPool(server()), await givenIdentityPool(server())]
      assert.notEqual(one.IdentityPoolId, other.IdentityPoolId)
    })

    it('store no consumer secret in plain text', async () => {
      const { IdentityPoolId } = await callJson(server(), 'CreateIdentityPool', whole)
      const storage = await openStorage({ url: server().databaseUrl })
      const row = await storage.db.selectFrom('identity_pool').selectAll().where('id', '=', IdentityPoolId).executeTakeFirstOrThrow()
      await storage.close()
      assert.match(row.config, /7346241598935552/)
      assert.doesNotMatch(row.config, /consumer/)
    })

    it('return to the defaults of all settings that an update leaves out, but keep roles, tags and the developer provider name', async () => {
      const { IdentityPoolId } = await callJson(server(), 'CreateIdentityPool', whole)
      const Roles = { authenticated: 'arn:aws:iam::123456789012:role/user' }
      await callJson(server(), 'SetIdentityPoolRoles', { IdentityPoolId, Roles })
      const updated = await callJson(server(), 'UpdateIdentityPool', { IdentityPoolId, ...smallest })
      const { IdentityPoolTags, DeveloperProviderName } = whole
      assert.deepEqual(updated, { IdentityPoolId, ...smallest, IdentityPoolTags, DeveloperProviderName })
      assert.deepEqual(await callJson(server(), 'DescribeIdentityPool', { IdentityPoolId }), updated)
      assert.deepEqual(await callJson(server(), 'GetIdentityPoolRoles', { IdentityPoolId }), { IdentityPoolId, Roles })
    })

    it('take every setting from an update', async () => {
      const { IdentityPoolId } = await callJson(server(), 'CreateIdentityPool', smallest)
      const changed = { IdentityPoolId, ...whole, IdentityPoolTags: {} }
      assert.deepEqual(await callJson(server(), 'UpdateIdentityPool', changed), changed)
    })

    it('reject another developer provider name once one is set', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server(), { DeveloperProviderName: 'one' })
      const update = { IdentityPoolId, ...smallest }
      await assert.rejects(callJson(server(), 'UpdateIdentityPool', { ...update, DeveloperProviderName: 'other' }), {
        ...invalid,
        message: 'DeveloperProviderName cannot be changed once it is set.',
      })
      await callJson(server(), 'UpdateIdentityPool', { ...update, DeveloperProviderName: 'one' })
    })

    it('reject a wrong name with the text of Cognito', async () => {
      await assert.rejects(callJson(server(), 'CreateIdentityPool', { ...smallest, IdentityPoolName: 'a/b' }), {
        ...invalid,
        message:
          "1 validation error detected: Value 'a/b' at 'identityPoolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+",
      })
    })

    const refusals: Readonly<Record<string, object>> = {
      'a public provider that does not exist': { SupportedLoginProviders: { 'github.com': 'id' } },
      'a public provider called constructor': { SupportedLoginProviders: { constructor: 'id' } },
      'a consumer key without a secret': { SupportedLoginProviders: { 'api.twitter.com': 'key' } },
      'a user pool without an app client': { CognitoIdentityProviders: [{ ProviderName: 'a/b' }] },
      'an app client without a user pool': { CognitoIdentityProviders: [{ ClientId: 'a' }] },
      'a SAML provider among the OpenID Connect providers': { OpenIdConnectProviderARNs: whole.SamlProviderARNs },
      'an OpenID Connect provider among the SAML providers': { SamlProviderARNs: whole.OpenIdConnectProviderARNs },
      'the name of a public provider as the developer provider': { DeveloperProviderName: 'accounts.google.com' },
      'the name of a public provider in capitals as the developer provider': { DeveloperProviderName: 'Graph.Facebook.com' },
      'the host of user pools as the developer provider': { DeveloperProviderName: 'cognito-idp.eu-west-1.amazonaws.com' },
      'the name of identity pools as the developer provider': { DeveloperProviderName: 'cognito-identity.amazonaws.com' },
      'the name of an OpenID Connect provider of the pool as the developer provider': {
        DeveloperProviderName: 'idp.example.test',
        OpenIdConnectProviderARNs: ['arn:aws:iam::123456789012:oidc-provider/idp.example.test'],
      },
      'an issuer in place of an ARN': { OpenIdConnectProviderARNs: ['https://idp.example.test/tenant'] },
    }
    for (const [title, settings] of Object.entries(refusals)) {
      it(`reject ${title}`, async () => {
        await assert.rejects(callJson(server(), 'CreateIdentityPool', { ...smallest, ...settings }), invalid)
        const { IdentityPoolId } = await callJson(server(), 'CreateIdentityPool', smallest)
        const update = callJson(server(), 'UpdateIdentityPool', { IdentityPoolId, ...smallest, ...settings, IdentityPoolName: 'changed' })
        await assert.rejects(update, invalid)
        assert.equal((await callJson(server(), 'DescribeIdentityPool', { IdentityPoolId })).IdentityPoolName, 'smallest')
      })
    }

    it('are not found under an unknown id', async () => {
      const IdentityPoolId = unknownId
      await assert.rejects(callJson(server(), 'DescribeIdentityPool', { IdentityPoolId }), notFound)
      await assert.rejects(callJson(server(), 'DeleteIdentityPool', { IdentityPoolId }), notFound)
      await assert.rejects(callJson(server(), 'UpdateIdentityPool', { IdentityPoolId, ...smallest }), notFound)
    })

    it('are listed in pages, each once', async () => {
      const created = new Set<string>()
      for (let at = 0; at < 5; at++) created.add((await givenIdentityPool(server(), { IdentityPoolName: `list ${at}` })).IdentityPoolId)
      const listed: string[] = []
      let NextToken: string | undefined
      do {
        const page = await callJson(server(), 'ListIdentityPools', { MaxResults: 2, NextToken })
        assert.ok((page.IdentityPools?.length ?? 0) <= 2)
        for (const { IdentityPoolId = '', IdentityPoolName = '' } of page.IdentityPools ?? []) {
          if (created.has(IdentityPoolId)) assert.match(IdentityPoolName, /^list \d$/)
          listed.push(IdentityPoolId)
        }
        NextToken = page.NextToken
      } while (NextToken !== undefined)
      assert.equal(new Set(listed).size, listed.length)
      assert.deepEqual(listed.filter((id) => created.has(id)).sort(), [...created].sort())
    })

    it('are listed only with a page size from 1 to 60, and a page token of this list', async () => {
      for (const request of [{}, { MaxResults: 0 }, { MaxResults: 61 }, { MaxResults: 1, NextToken: 'forged' }]) {
        await assert.rejects(callJson(server(), 'ListIdentityPools', request), invalid)
      }
    })

    it('are gone at once when they are deleted; their identities follow, and those of other pools stay', async () => {
      const [{ IdentityPoolId }, other] = [await givenIdentityPool(server()), await givenIdentityPool(server())]
      const [identityId = ''] = await storeIdentities(server(), IdentityPoolId, [
        { logins: [{ provider: 'accounts.google.com', subject: 'ana' }] },
        {},
        {},
      ])
      await storeIdentities(server(), other.IdentityPoolId, [{ logins: [{ provider: 'accounts.google.com', subject: 'ana' }] }])
      await callJson(server(), 'DeleteIdentityPool', { IdentityPoolId })
      for (const operation of ['DescribeIdentityPool', 'GetIdentityPoolRoles', 'DeleteIdentityPool'] as const) {
        await assert.rejects(callJson(server(), operation, { IdentityPoolId }), { name: 'ResourceNotFoundException' })
      }
      await assert.rejects(callJson(server(), 'ListIdentities', { IdentityPoolId, MaxResults: 10 }), { name: 'ResourceNotFoundException' })
      await assert.rejects(callJson(server(), 'DescribeIdentity', { IdentityId: identityId }), { name: 'ResourceNotFoundException' })
      assert.deepEqual(await countIdentityRows(server(), IdentityPoolId), { identities: 3, logins: 1 })
      await sweepDeletionsOf(server())
      assert.deepEqual(await countIdentityRows(server(), IdentityPoolId), { identities: 0, logins: 0 })
      assert.deepEqual(await countIdentityRows(server(), other.IdentityPoolId), { identities: 1, logins: 1 })
    })
  })

  describe(`Quotas of identity pools on ${engine.name}`, () => {
    const quotas = {
      identityPools: 3,
      tagsPerIdentityPool: 2,
      userPoolsPerIdentityPool: 1,
      roleMappingsPerIdentityPool: 1,
      rulesPerRoleMapping: 2,
    }
    const server = useTestServer(engine, { flags: ['--quotas', JSON.stringify(quotas)] })

    it('reject too many pools until one is deleted', async () => {
      const pools = [await givenIdentityPool(server()), await givenIdentityPool(server()), await givenIdentityPool(server())]
      const exceeded = { name: 'LimitExceededException', message: 'There can be at most 3 identity pools on this server.' }
      await assert.rejects(givenIdentityPool(server()), exceeded)
      for (const { IdentityPoolId } of pools) await callJson(server(), 'DeleteIdentityPool', { IdentityPoolId })
      await callJson(server(), 'DeleteIdentityPool', { IdentityPoolId: (await givenIdentityPool(server())).IdentityPoolId })
    })

    it('reject too many tags and user pools', async () => {
      const { IdentityPoolId, arn } = await givenIdentityPool(server(), { IdentityPoolTags: { a: '', b: '' } })
      const exceeded = { name: 'LimitExceededException' }
      const provider = { ProviderName: 'a/b', ClientId: 'c' }
      for (const more of [{ IdentityPoolTags: { a: '', b: '', c: '' } }, { CognitoIdentityProviders: [provider, provider] }]) {
        await assert.rejects(callJson(server(), 'CreateIdentityPool', { ...smallest, ...more }), exceeded)
        await assert.rejects(callJson(server(), 'UpdateIdentityPool', { IdentityPoolId, ...smallest, ...more }), exceeded)
      }
      await assert.rejects(callJson(server(), 'identity:TagResource', { ResourceArn: arn, Tags: { c: '' } }), invalid)
      await callJson(server(), 'identity:TagResource', { ResourceArn: arn, Tags: { b: 'other' } })
    })

    it('reject too many role mappings and rules', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      const rule = { Claim: 'role', MatchType: 'Equals', Value: 'x', RoleARN: 'arn:aws:iam::123456789012:role/x' }
      const mapping = (rules: number) => ({
        Type: 'Rules',
        AmbiguousRoleResolution: 'Deny',
        RulesConfiguration: { Rules: Array.from({ length: rules }, () => rule) },
      })
      const set = (RoleMappings: object) => callJson(server(), 'SetIdentityPoolRoles', { IdentityPoolId, Roles: {}, RoleMappings })
      await set({ a: mapping(2) })
      await assert.rejects(set({ a: mapping(3) }), { ...invalid, message: 'There can be at most 2 rules in a role mapping.' })
      await assert.rejects(set({ a: mapping(1), b: mapping(1) }), invalid)
    })
  })
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { callJson, givenIdentityPool } from '../../support/identity-pools.ts'
import { useTestServer } from '../../support/test-server.ts'

const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`
const Roles = { authenticated: role('user'), unauthenticated: role('path/guest') }
const userPool = 'cognito-idp.us-east-1.amazonaws.com/us-east-1_123456789:abc123'
const rule = (MatchType: string, Claim = 'custom:department') => ({ Claim, MatchType, Value: 'sales', RoleARN: role(MatchType) })
const token = { Type: 'Token', AmbiguousRoleResolution: 'Deny' }
const rules = {
  Type: 'Rules',
  AmbiguousRoleResolution: 'AuthenticatedRole',
  RulesConfiguration: { Rules: ['Equals', 'Contains', 'StartsWith', 'NotEqual'].map((type) => rule(type)) },
}
const unknownPool = { IdentityPoolId: 'us-east-1:00000000-0000-0000-0000-000000000000' }
const notFound = { name: 'ResourceNotFoundException', message: `IdentityPool '${unknownPool.IdentityPoolId}' not found.` }
const invalid = { name: 'InvalidParameterException' }

for (const engine of engines) {
  describe(`Roles of identity pools on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const get = (IdentityPoolId: string) => callJson(server(), 'GetIdentityPoolRoles', { IdentityPoolId })
    const set = (request: object) => callJson(server(), 'SetIdentityPoolRoles', request)

    it('are left out of the answer until they are set', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      assert.deepEqual(await get(IdentityPoolId), { IdentityPoolId })
    })

    it('are kept with their mappings, and each call replaces all of them', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      const RoleMappings = { [userPool]: token, 'graph.facebook.com': rules }
      assert.deepEqual(await set({ IdentityPoolId, Roles, RoleMappings }), {})
      assert.deepEqual(await get(IdentityPoolId), { IdentityPoolId, Roles, RoleMappings })
      await set({ IdentityPoolId, Roles: { authenticated: role('other') } })
      assert.deepEqual(await get(IdentityPoolId), { IdentityPoolId, Roles: { authenticated: role('other') } })
      await set({ IdentityPoolId, Roles: {} })
      assert.deepEqual(await get(IdentityPoolId), { IdentityPoolId, Roles: {} })
    })

    it('are those of one pool only', async () => {
      const [one, other] = [await givenIdentityPool(server()), await givenIdentityPool(server())]
      await set({ IdentityPoolId: one.IdentityPoolId, Roles })
      assert.deepEqual(await get(other.IdentityPoolId), { IdentityPoolId: other.IdentityPoolId })
    })

    const refusals: Readonly<Record<string, object>> = {
      'without roles': { Roles: undefined },
      'for another kind of user': { Roles: { administrator: role('user') } },
      'with the name of a role in place of its ARN': { Roles: { authenticated: 'a-role-that-is-named' } },
      'with the ARN of something else': { Roles: { authenticated: 'arn:aws:iam::123456789012:user/ana' } },
      'with a mapping without a type': { RoleMappings: { [userPool]: { AmbiguousRoleResolution: 'Deny' } } },
      'with a mapping of another type': { RoleMappings: { [userPool]: { ...token, Type: 'Claims' } } },
      'with a Token mapping without AmbiguousRoleResolution': { RoleMappings: { [userPool]: { Type: 'Token' } } },
      'with a Rules mapping without AmbiguousRoleResolution': {
        RoleMappings: { [userPool]: { ...rules, AmbiguousRoleResolution: undefined } },
      },
      'with a Rules mapping without rules': { RoleMappings: { [userPool]: { ...token, Type: 'Rules' } } },
      'with a Rules mapping whose list of rules is empty': {
        RoleMappings: { [userPool]: { ...rules, RulesConfiguration: { Rules: [] } } },
      },
      'with a Token mapping that has rules': { RoleMappings: { [userPool]: { ...rules, Type: 'Token' } } },
      'with a rule of an unknown match type': {
        RoleMappings: { [userPool]: { ...rules, RulesConfiguration: { Rules: [rule('EndsWith')] } } },
      },
      'with a rule whose claim has a space': {
        RoleMappings: { [userPool]: { ...rules, RulesConfiguration: { Rules: [rule('Equals', 'a b')] } } },
      },
      'with a rule whose role is not the ARN of a role': {
        RoleMappings: {
          [userPool]: { ...rules, RulesConfiguration: { Rules: [{ ...rule('Equals'), RoleARN: 'arn:aws:s3:::some-bucket' }] } },
        },
      },
      'with 26 rules': {
        RoleMappings: { [userPool]: { ...rules, RulesConfiguration: { Rules: Array.from({ length: 26 }, () => rule('Equals')) } } },
      },
      'with 11 mappings': { RoleMappings: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`provider-${at}`, token])) },
    }
    for (const [title, change] of Object.entries(refusals)) {
      it(`are not set ${title}`, async () => {
        const { IdentityPoolId } = await givenIdentityPool(server())
        await set({ IdentityPoolId, Roles })
        await assert.rejects(set({ IdentityPoolId, Roles, ...change }), invalid)
        assert.deepEqual(await get(IdentityPoolId), { IdentityPoolId, Roles })
      })
    }

    it('are not found under an unknown id', async () => {
      await assert.rejects(callJson(server(), 'GetIdentityPoolRoles', unknownPool), notFound)
      await assert.rejects(set({ ...unknownPool, Roles }), notFound)
    })
  })

  describe(`Principal tags of identity pools on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const IdentityProviderName = 'accounts.google.com'
    const get = (request: object) => callJson(server(), 'GetPrincipalTagAttributeMap', { IdentityProviderName, ...request })
    const set = (request: object) => callJson(server(), 'SetPrincipalTagAttributeMap', { IdentityProviderName, ...request })
    const PrincipalTags = { department: 'custom:department', user: 'sub' }

    it('are kept for each provider, and each call replaces those of one provider', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      const expected = { IdentityPoolId, IdentityProviderName, UseDefaults: false, PrincipalTags }
      assert.deepEqual(await set({ IdentityPoolId, PrincipalTags }), expected)
      const other = { IdentityPoolId, IdentityProviderName: '__proto__', UseDefaults: true, PrincipalTags: {} }
      assert.deepEqual(await set({ ...other, PrincipalTags: undefined }), other)
      assert.deepEqual(await get({ IdentityPoolId }), expected)
      assert.deepEqual(await get({ IdentityPoolId, IdentityProviderName: '__proto__' }), other)
      const changed = { ...expected, PrincipalTags: { user: 'email' } }
      assert.deepEqual(await set({ IdentityPoolId, PrincipalTags: { user: 'email' }, UseDefaults: false }), changed)
      assert.deepEqual(await get({ IdentityPoolId }), changed)
    })

    it('are removed by a call with neither defaults nor tags', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      await set({ IdentityPoolId, PrincipalTags })
      assert.deepEqual(await set({ IdentityPoolId }), { IdentityPoolId, IdentityProviderName, UseDefaults: false, PrincipalTags: {} })
      await assert.rejects(get({ IdentityPoolId }), { name: 'ResourceNotFoundException' })
    })

    it('are not found for a provider without tags', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      for (const IdentityProviderName of ['accounts.google.com', 'constructor']) {
        await assert.rejects(get({ IdentityPoolId, IdentityProviderName }), { name: 'ResourceNotFoundException' })
      }
    })

    it('have attribute names of at most 460 bytes together', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      const tags = (last: string) => ({ a: 'x'.repeat(256), b: 'ü'.repeat(101), c: last })
      await set({ IdentityPoolId, PrincipalTags: tags('yy') })
      await assert.rejects(set({ IdentityPoolId, PrincipalTags: tags('yyy') }), {
        ...invalid,
        message: 'PrincipalTags: the attribute names have 461 bytes together. They can have at most 460.',
      })
      assert.deepEqual((await get({ IdentityPoolId })).PrincipalTags, tags('yy'))
    })

    it('are at most 50, and at most 100 providers have some', async () => {
      const { IdentityPoolId } = await givenIdentityPool(server())
      const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`tag-${at}`, 'x']))
      await set({ IdentityPoolId, PrincipalTags: many(50) })
      await assert.rejects(set({ IdentityPoolId, PrincipalTags: many(51) }), invalid)
      for (let at = 0; at < 99; at++) await set({ IdentityPoolId, IdentityProviderName: `provider-${at}`, UseDefaults: true })
      await assert.rejects(set({ IdentityPoolId, IdentityProviderName: 'one-more', UseDefaults: true }), invalid)
      await set({ IdentityPoolId, IdentityProviderName: 'provider-1', PrincipalTags })
      await set({ IdentityPoolId, IdentityProviderName: 'one-more' })
    })

    it('are not found under an unknown id', async () => {
      await assert.rejects(get(unknownPool), notFound)
      await assert.rejects(set({ ...unknownPool, UseDefaults: true }), notFound)
    })
  })
}

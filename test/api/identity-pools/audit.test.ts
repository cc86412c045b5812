import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import { givenIdentityPool, storeIdentities } from '../../support/identity-pools.ts'
import { useTestServer } from '../../support/test-server.ts'
import { listAuditRecords, recordedCalls } from '../audit/audited-calls.ts'

for (const engine of engines) {
  describe(`Audit records of identity pools on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const { recordOf } = recordedCalls(server)
    const recorded = (operation: string, request: object) => recordOf(`AWSCognitoIdentityService.${operation}`, request)
    const factsOf = async (operation: string, request: object) => (await recorded(operation, request)).facts

    it('name the pool and the changed members, but contain no secret', async () => {
      const settings = { IdentityPoolName: 'shop', AllowUnauthenticatedIdentities: true }
      const { body, facts } = await recorded('CreateIdentityPool', settings)
      const IdentityPoolId = String(body['IdentityPoolId'])
      const common = { IdentityPoolId, Subject: IdentityPoolId, Detail: undefined }
      assert.deepEqual(facts, { ...common, ChangedMembers: undefined, Detail: 'name: shop' })

      const SupportedLoginProviders = { 'api.twitter.com': 'consumer-key;consumer-secret' }
      const update = { IdentityPoolId, ...settings, SupportedLoginProviders }
      const { text, facts: updated } = await recorded('UpdateIdentityPool', update)
      assert.deepEqual(updated, { ...common, ChangedMembers: ['SupportedLoginProviders'] })
      assert.doesNotMatch(text, /consumer/)
      assert.deepEqual(await factsOf('UpdateIdentityPool', update), { ...common, ChangedMembers: [] })

      const roles = { IdentityPoolId, Roles: { authenticated: 'arn:aws:iam::123456789012:role/user' } }
      assert.deepEqual((await factsOf('SetIdentityPoolRoles', roles)).ChangedMembers, ['Roles'])
      const map = { IdentityPoolId, IdentityProviderName: 'accounts.google.com', PrincipalTags: { user: 'sub' } }
      assert.deepEqual((await factsOf('SetPrincipalTagAttributeMap', map)).ChangedMembers, ['PrincipalTags.user'])
      const ResourceArn = `arn:aws:cognito-identity:${server().region}:000000000000:identitypool/${IdentityPoolId}`
      assert.deepEqual(await factsOf('TagResource', { ResourceArn, Tags: { stage: 'x' } }), { ...common, ChangedMembers: ['Tags.stage'] })
      assert.deepEqual((await factsOf('UntagResource', { ResourceArn, TagKeys: ['stage'] })).ChangedMembers, ['Tags.stage'])
      assert.deepEqual(await factsOf('DeleteIdentityPool', { IdentityPoolId }), {
        ...common,
        ChangedMembers: undefined,
        Detail: 'name: shop',
      })
    })

    it('are found by the id of the pool; a filter by both kinds of pool is refused', async () => {
      const [one, other] = [await givenIdentityPool(server()), await givenIdentityPool(server())]
      const { IdentityPoolId } = one
      await recorded('DeleteIdentityPool', { IdentityPoolId: other.IdentityPoolId })
      await recorded('DeleteIdentityPool', { IdentityPoolId })
      const found = await listAuditRecords(server(), { IdentityPoolId, Operation: 'DeleteIdentityPool' })
      assert.deepEqual(
        found.map(({ IdentityPoolId: id, UserPoolId }) => [id, UserPoolId]),
        [[IdentityPoolId, undefined]],
      )
      const all = await listAuditRecords(server(), { IdentityPoolId })
      assert.deepEqual(new Set(all.map(({ IdentityPoolId: id }) => id)), new Set([IdentityPoolId]))
      const { poolId: UserPoolId } = await server().givenPool()
      await assert.rejects(listAuditRecords(server(), { IdentityPoolId, UserPoolId }), { name: 'InvalidParameterException' })
    })

    it('name the identities that were deleted, and their pool if all are of one pool', async () => {
      const [one, other] = [await givenIdentityPool(server()), await givenIdentityPool(server())]
      const [a = '', b = '', c = ''] = await storeIdentities(server(), one.IdentityPoolId, [{}, {}, {}])
      const [d = ''] = await storeIdentities(server(), other.IdentityPoolId, [{}])
      const remove = (...IdentityIdsToDelete: string[]) => factsOf('DeleteIdentities', { IdentityIdsToDelete })
      const ChangedMembers = undefined
      const [IdentityPoolId, Subject] = [one.IdentityPoolId, a]
      assert.deepEqual(await remove(a), { IdentityPoolId, Subject, ChangedMembers, Detail: `deleted: ${a}` })
      assert.deepEqual(await remove(b, a), { IdentityPoolId, Subject: b, ChangedMembers, Detail: `deleted: ${b}` })
      const both = await remove(c, d)
      assert.deepEqual([both.UserPoolId, both.Detail], [undefined, `deleted: ${[c, d].sort().join(', ')}`])
      assert.deepEqual(await remove(a), { UserPoolId: undefined, Subject: a, ChangedMembers, Detail: 'deleted: none' })
    })
  })
}

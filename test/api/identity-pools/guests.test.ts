import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { engines } from '../../support/engines.ts'
import { forbidden, getId, getToken, givenPools, unknownId } from '../../support/identity-logins.ts'
import { callJson, givenIdentityPool } from '../../support/identity-pools.ts'
import { rawCall } from '../../support/raw-call.ts'
import { useTestServer } from '../../support/test-server.ts'
import { headerOf } from '../../support/tokens.ts'

const noGuests = { name: 'NotAuthorizedException', message: 'Unauthenticated access is not supported for this identity pool.' }

for (const engine of engines) {
  describe(`Guests of an identity pool on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const given = async (more: object = {}) =>
      (await givenIdentityPool(server(), { AllowUnauthenticatedIdentities: true, AllowClassicFlow: true, ...more })).IdentityPoolId

    it('get a new identity from each GetId', async () => {
      const poolId = await given()
      const [one, other] = [await getId(server(), poolId), await getId(server(), poolId, {})]
      assert.match(one, /^us-east-1:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      assert.notEqual(one, other)
      const { Logins } = await callJson(server(), 'DescribeIdentity', { IdentityId: one })
      assert.deepEqual(Logins, [])
    })

    it('get no identity where the pool does not allow guests, and no token when it does not any more', async () => {
      const closed = await given({ AllowUnauthenticatedIdentities: false })
      await assert.rejects(getId(server(), closed), noGuests)
      const poolId = await given()
      const id = await getId(server(), poolId)
      const settings = { IdentityPoolId: poolId, IdentityPoolName: 'test', AllowUnauthenticatedIdentities: false, AllowClassicFlow: true }
      await callJson(server(), 'UpdateIdentityPool', settings)
      await assert.rejects(getToken(server(), id), noGuests)
    })

    it('get a token of ten minutes that verifies by the published keys', async () => {
      const poolId = await given()
      const id = await getId(server(), poolId)
      const { token, claims, id: answered } = await getToken(server(), id)
      const iat = Math.floor(server().clock.now() / 1000)
      const iss = `${server().url}/identity`
      assert.equal(answered, id)
      assert.deepEqual(claims, { sub: id, aud: poolId, amr: ['unauthenticated'], iss, exp: iat + 600, iat })
      assert.deepEqual(Object.keys(headerOf(token)), ['kid', 'alg'])
      const discovery = (await (await fetch(`${iss}/.well-known/openid-configuration`)).json()) as Record<string, string>
      assert.equal(discovery['issuer'], iss)
      const keys = createRemoteJWKSet(new URL(discovery['jwks_uri'] ?? ''))
      const currentDate = new Date(server().clock.now())
      await jwtVerify(token, keys, { issuer: iss, audience: poolId, algorithms: ['RS512'], currentDate })
    })

    it('get no token outside of the classic flow, or with role mappings', async () => {
      const enhanced = await given({ AllowClassicFlow: undefined })
      await assert.rejects(getToken(server(), await getId(server(), enhanced)), {
        name: 'InvalidParameterException',
        message: 'Basic (classic) flow is not enabled, please use enhanced flow.',
      })
      const mapped = await given()
      const id = await getId(server(), mapped)
      const RoleMappings = { 'accounts.google.com': { Type: 'Token', AmbiguousRoleResolution: 'Deny' } }
      await callJson(server(), 'SetIdentityPoolRoles', { IdentityPoolId: mapped, Roles: {}, RoleMappings })
      await assert.rejects(getToken(server(), id), {
        name: 'InvalidParameterException',
        message: 'Basic (classic) flow is not supported with RoleMappings, please use enhanced flow.',
      })
    })

    it('are not found under guessed ids, nor in unknown or deleted pools', async () => {
      const missing = { name: 'ResourceNotFoundException', message: `Identity '${unknownId}' not found.` }
      await assert.rejects(getToken(server(), unknownId), missing)
      await assert.rejects(
        callJson(server(), 'UnlinkIdentity', { IdentityId: unknownId, Logins: { a: 'b' }, LoginsToRemove: ['a'] }),
        missing,
      )
      await assert.rejects(getId(server(), unknownId), {
        name: 'ResourceNotFoundException',
        message: `IdentityPool '${unknownId}' not found.`,
      })
      const poolId = await given()
      const id = await getId(server(), poolId)
      await callJson(server(), 'DeleteIdentityPool', { IdentityPoolId: poolId })
      await assert.rejects(getToken(server(), id), { name: 'ResourceNotFoundException' })
      await assert.rejects(getId(server(), poolId), { name: 'ResourceNotFoundException' })
    })

    it('become users by their first login, and keep their id', async () => {
      const { IdentityPoolId, login, provider } = await givenPools(server())
      const id = await getId(server(), IdentityPoolId)
      const { Logins } = await login('ana')
      assert.equal((await getToken(server(), id, Logins)).id, id)
      assert.deepEqual((await callJson(server(), 'DescribeIdentity', { IdentityId: id })).Logins, [provider])
      assert.equal(await getId(server(), IdentityPoolId, Logins), id)
      await assert.rejects(getToken(server(), id), forbidden(id))
    })

    it('are merged into the identity of a known login, and disabled', async () => {
      const { IdentityPoolId, login } = await givenPools(server())
      const { Logins } = await login('ana')
      const known = await getId(server(), IdentityPoolId, Logins)
      const guest = await getId(server(), IdentityPoolId)
      assert.equal((await getToken(server(), guest, Logins)).id, known)
      await assert.rejects(getToken(server(), guest), forbidden(guest))
      await assert.rejects(getToken(server(), guest, Logins), forbidden(guest))
      const ids = async (HideDisabled: boolean) => {
        const { Identities = [] } = await callJson(server(), 'ListIdentities', { IdentityPoolId, MaxResults: 60, HideDisabled })
        return Identities.map(({ IdentityId }) => IdentityId).sort()
      }
      assert.deepEqual(await ids(true), [known])
      assert.deepEqual(await ids(false), [known, guest].sort())
    })

    it('may send ten logins of 50,000 characters, and no more', async () => {
      const IdentityPoolId = await given()
      const loginsOf = (count: number, length: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, at) => [`provider-${at}`.padEnd(128, 'x'), 'a'.repeat(length)]))
      const codeWith = async (Logins: object) =>
        (await rawCall(server(), 'AWSCognitoIdentityService.GetId', { IdentityPoolId, Logins })).body['__type']
      assert.equal(await codeWith(loginsOf(10, 50_000)), 'NotAuthorizedException')
      assert.equal(await codeWith(loginsOf(11, 10)), 'InvalidParameterException')
      assert.equal(await codeWith(loginsOf(1, 50_001)), 'InvalidParameterException')
    })
  })
}

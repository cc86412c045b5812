import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import { engines } from '../../support/engines.ts'
import {
  forbidden,
  getId,
  getToken,
  givenPools,
  invalidLogin,
  unsupportedProvider,
  wrongIssuer,
  wrongSignature,
} from '../../support/identity-logins.ts'
import { callJson, givenIdentityPool } from '../../support/identity-pools.ts'
import { openIdClaims, openOpenIdIssuer, signedToken, unsignedToken } from '../../support/openid-issuer.ts'
import { useTestServer } from '../../support/test-server.ts'

const minuteMs = 60_000
const wrongAudience = invalidLogin('Incorrect token audience.')
const noResponse = { name: 'ExternalServiceException', message: /^The identity provider .* did not respond as expected\.$/ }
const google = 'accounts.google.com'
const apple = 'appleid.apple.com'

for (const engine of engines) {
  describe(`Logins of OpenID Connect issuers on ${engine.name}`, async () => {
    const issuer = await openOpenIdIssuer()
    const other = await openOpenIdIssuer()
    const dead = '127.0.0.1:1'
    const clients = `${issuer.url}=shop,${issuer.url}=app,${other.url}=shop,http://${dead}=shop`
    const server = useTestServer(engine, { flags: ['--openid-clients', clients] })
    const now = () => server().clock.now()
    const given = async (more: object = {}) =>
      (await givenIdentityPool(server(), { AllowClassicFlow: true, OpenIdConnectProviderARNs: [issuer.arn], ...more })).IdentityPoolId
    const tryToken = async (token: string | Promise<string>) => getId(server(), await given(), { [issuer.name]: await token })

    it('give an identity and a token that names the login', async () => {
      const poolId = await given()
      const Logins = { [issuer.name]: await issuer.token(now(), { aud: ['else', 'app'] }) }
      const id = await getId(server(), poolId, Logins)
      assert.equal(await getId(server(), poolId, { [issuer.name]: await issuer.token(now()) }), id)
      const { claims } = await getToken(server(), id, Logins)
      assert.deepEqual(claims['amr'], ['authenticated', issuer.name, `${issuer.name}:app:ana`])
    })

    it('are rejected with a wrong issuer, audience, time or signature', async () => {
      const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })
      const seconds = Math.floor(now() / 1000)
      const claims = openIdClaims(issuer.url, now())
      await assert.rejects(tryToken(other.token(now())), wrongIssuer)
      await assert.rejects(tryToken(issuer.token(now(), { iss: 'https://example.com' })), wrongIssuer)
      await assert.rejects(tryToken(issuer.token(now(), { aud: 'another' })), wrongAudience)
      await assert.rejects(tryToken(issuer.token(now(), { azp: 'another' })), wrongAudience)
      await assert.rejects(tryToken(issuer.token(now(), { aud: undefined })), invalidLogin('Missing a required claim: aud'))
      await assert.rejects(tryToken(issuer.token(now(), { exp: seconds })), invalidLogin(`Token expired: ${seconds} >= ${seconds}`))
      await assert.rejects(tryToken(issuer.token(now(), { exp: undefined })), invalidLogin('Missing a required claim: exp'))
      await assert.rejects(
        tryToken(issuer.token(now(), { nbf: seconds + 301 })),
        invalidLogin(`Token is not yet valid: ${seconds} < ${seconds + 301}`),
      )
      await tryToken(issuer.token(now(), { nbf: seconds + 299, iat: seconds + 299 }))
      await assert.rejects(tryToken(unsignedToken(claims)), wrongSignature)
      await assert.rejects(tryToken(signedToken({ ...stranger, kid: issuer.state.key.kid }, claims)), wrongSignature)
    })

    it('are ID tokens only, and no other tokens of the same issuer', async () => {
      for (const typ of ['JWT', 'jwt', 'application/jwt', 'JOSE']) await tryToken(issuer.token(now(), {}, { typ }))
      await tryToken(issuer.token(now(), { token_use: 'id', events: { launch: {} } }))
      const notAnIdToken = invalidLogin('Not a valid OpenId Connect identity token.')
      for (const typ of ['at+jwt', 'application/at+jwt', 'logout+jwt', 'secevent+jwt', 'dpop+jwt', '']) {
        await assert.rejects(tryToken(issuer.token(now(), {}, { typ })), notAnIdToken, typ)
      }
      // Logout tokens need not have a type (OpenID Connect Back-Channel Logout 1.0 §2.4).
      const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
      for (const header of [{}, { typ: 'JWT' }]) await assert.rejects(tryToken(issuer.token(now(), { events }, header)), notAnIdToken)
      await assert.rejects(tryToken(issuer.token(now(), { token_use: 'access' })), notAnIdToken)
    })

    it('of issuers that the pool or the server does not name are rejected', async () => {
      const poolId = await given()
      await assert.rejects(getId(server(), poolId, { [other.name]: await other.token(now()) }), unsupportedProvider)
      const unnamed = 'login.example.com/tenant'
      const withUnnamed = await given({ OpenIdConnectProviderARNs: [`arn:aws:iam::123456789012:oidc-provider/${unnamed}`] })
      await assert.rejects(getId(server(), withUnnamed, { [unnamed]: 'a.b.c' }), {
        name: 'NotAuthorizedException',
        message: `This server knows no client of the OpenID Connect provider ${unnamed} (--openid-clients).`,
      })
    })

    it('of Google and Apple are rejected with a wrong issuer or client', async () => {
      const poolId = await given({ SupportedLoginProviders: { [google]: 'shop', [apple]: 'shop' } })
      for (const provider of [google, apple]) {
        await assert.rejects(getId(server(), poolId, { [provider]: await issuer.token(now()) }), wrongIssuer)
        const token = await issuer.token(now(), { iss: `https://${provider}`, aud: 'another' })
        await assert.rejects(getId(server(), poolId, { [provider]: token }), wrongAudience)
      }
      await assert.rejects(getId(server(), await given(), { [google]: 'a.b.c' }), unsupportedProvider)
    })

    it('are verified by cached keys, which are fetched again for an unknown key id once a minute', async () => {
      server().clock.advance(61 * minuteMs)
      await tryToken(issuer.token(now()))
      const { fetches } = issuer.state
      await tryToken(issuer.token(now()))
      assert.equal(issuer.state.fetches, fetches)
      issuer.rotate('second')
      await assert.rejects(tryToken(issuer.token(now())), wrongSignature)
      assert.equal(issuer.state.fetches, fetches)
      server().clock.advance(minuteMs)
      await tryToken(issuer.token(now()))
      assert.equal(issuer.state.fetches, fetches + 2)
      await assert.rejects(tryToken(signedToken({ ...issuer.state.key, kid: 'third' }, openIdClaims(issuer.url, now()))), wrongSignature)
      assert.equal(issuer.state.fetches, fetches + 2)
    })

    it('end with ExternalServiceException when the issuer does not answer as it should', async () => {
      const poolId = await given({ OpenIdConnectProviderARNs: [`arn:aws:iam::123456789012:oidc-provider/${dead}`, other.arn] })
      const claims = openIdClaims(`http://${dead}`, now())
      await assert.rejects(getId(server(), poolId, { [dead]: await signedToken(issuer.state.key, claims) }), noResponse)
      const tryOther = async () => getId(server(), poolId, { [other.name]: await other.token(now()) })
      const answers = [() => 'no JSON', () => '[]', () => JSON.stringify({ issuer: issuer.url, jwks_uri: 'x' }), () => 'x'.repeat(300_000)]
      for (const answer of answers) {
        server().clock.advance(minuteMs)
        other.state.answer = answer
        await assert.rejects(tryOther(), noResponse)
      }
      other.state.answer = JSON.stringify
      // After a failure the issuer is not asked again for some seconds.
      const { fetches } = other.state
      await assert.rejects(tryOther(), noResponse)
      assert.equal(other.state.fetches, fetches)
      server().clock.advance(minuteMs)
      other.state.status = 500
      await assert.rejects(tryOther(), noResponse)
      other.state.status = 200
      server().clock.advance(minuteMs)
      await tryOther()
    })

    it('link to the identity of another login that is sent with them, and merge two identities', async () => {
      const pools = await givenPools(server(), { OpenIdConnectProviderARNs: [issuer.arn] })
      const { IdentityPoolId, provider } = pools
      const [{ Logins: ana }, { Logins: ben }] = [await pools.login('ana'), await pools.login('ben')]
      const openId = async (sub: string) => ({ [issuer.name]: await issuer.token(now(), { sub }) })
      const id = await getId(server(), IdentityPoolId, ana)
      assert.equal(await getId(server(), IdentityPoolId, { ...ana, ...(await openId('ana')) }), id)
      assert.equal(await getId(server(), IdentityPoolId, await openId('ana')), id)
      assert.deepEqual((await callJson(server(), 'DescribeIdentity', { IdentityId: id })).Logins, [issuer.name, provider].sort())

      const conflict = { name: 'ResourceConflictException', message: /^Logins already linked/ }
      await assert.rejects(getId(server(), IdentityPoolId, { ...ana, ...(await openId('second')) }), conflict)
      const bens = await getId(server(), IdentityPoolId, ben)
      await assert.rejects(getToken(server(), bens, { ...ben, ...(await openId('ana')) }), conflict)

      const open = await getId(server(), IdentityPoolId, await openId('ben'))
      const both = { ...ben, ...(await openId('ben')) }
      assert.equal((await getToken(server(), bens, both)).id, bens)
      assert.equal(await getId(server(), IdentityPoolId, await openId('ben')), bens)
      await assert.rejects(getToken(server(), open, both), forbidden(open))
    })

    it('are removed by UnlinkIdentity, after which the identity needs another login', async () => {
      const { IdentityPoolId, login, provider } = await givenPools(server(), { OpenIdConnectProviderARNs: [issuer.arn] })
      const { Logins } = await login('ana')
      const openId = { [issuer.name]: await issuer.token(now()) }
      const id = await getId(server(), IdentityPoolId, { ...Logins, ...openId })
      const unlink = (LoginsToRemove: readonly string[], proof: object) =>
        callJson(server(), 'UnlinkIdentity', { IdentityId: id, Logins: proof, LoginsToRemove })
      await assert.rejects(unlink([google], Logins), { name: 'ResourceNotFoundException' })
      await unlink([issuer.name], Logins)
      assert.deepEqual((await callJson(server(), 'DescribeIdentity', { IdentityId: id })).Logins, [provider])
      assert.notEqual(await getId(server(), IdentityPoolId, openId), id)
      await unlink([provider], Logins)
      await assert.rejects(getToken(server(), id), forbidden(id))
      await assert.rejects(getToken(server(), id, Logins), { name: 'NotAuthorizedException', message: /^Logins don't match/ })
      assert.notEqual(await getId(server(), IdentityPoolId, Logins), id)
    })
  })
}

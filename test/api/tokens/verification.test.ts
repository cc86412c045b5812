import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DeleteUserPoolCommand } from '@aws-sdk/client-cognito-identity-provider'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { givenTokens, givenUser } from '../../support/sign-in.ts'
import { useTestServer } from '../../support/test-server.ts'
import { tokenVerifier } from '../../support/token-verifier.ts'
import { headerOf, jwksOf, refresh, rotateSigningKeys, useAccessToken } from '../../support/tokens.ts'
import { listAuditRecords } from '../audit/audited-calls.ts'

for (const engine of engines) {
  describe(`verifying tokens with public keys on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenSignIn() {
      const ids = await server().givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      return { ...ids, ...(await givenTokens(server(), ids.clientId, 'ana')) }
    }

    async function discover(poolId: string) {
      const response = await fetch(`${server().url}/${poolId}/.well-known/openid-configuration`)
      return { response, document: (await response.json()) as Record<string, unknown> }
    }

    it('works with aws-jwt-verify, which rejects the wrong kind of token and the wrong client', async () => {
      const { poolId, clientId, accessToken, idToken } = await givenSignIn()
      const access = tokenVerifier(server(), { poolId, clientId, tokenUse: 'access' })
      const id = tokenVerifier(server(), { poolId, clientId, tokenUse: 'id' })
      assert.equal((await access.verify(accessToken))['username'], 'ana')
      assert.equal((await id.verify(idToken))['cognito:username'], 'ana')
      await assert.rejects(access.verify(idToken), /Token use not allowed/)
      await assert.rejects(id.verify(accessToken), /Token use not allowed/)
      const other = tokenVerifier(server(), { poolId, clientId: 'another', tokenUse: 'access' })
      await assert.rejects(other.verify(accessToken), /Client ID not allowed/)
    })

    it('works with jose and the discovery document', async () => {
      const { poolId, clientId, accessToken, idToken } = await givenSignIn()
      const { document } = await discover(poolId)
      const issuer = `${server().url}/${poolId}`
      assert.equal(document['issuer'], issuer)
      const keys = createRemoteJWKSet(new URL(String(document['jwks_uri'])))
      const algorithms = document['id_token_signing_alg_values_supported'] as string[]
      await jwtVerify(idToken, keys, { issuer, audience: clientId, algorithms })
      await jwtVerify(accessToken, keys, { issuer, algorithms })
      await assert.rejects(jwtVerify(accessToken, keys, { issuer, audience: clientId }), { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED' })
    })

    it('needs the JWK set of the pool, which contains exactly the pool’s two public keys', async () => {
      const { poolId, accessToken, idToken } = await givenSignIn()
      const { keys } = await jwksOf(server(), poolId)
      assert.deepEqual(
        keys.map(({ kid }) => kid),
        [headerOf(idToken)['kid'], headerOf(accessToken)['kid']],
      )
      for (const key of keys) {
        assert.deepEqual(Object.keys(key).sort(), ['alg', 'e', 'kid', 'kty', 'n', 'use'])
        const { alg, e, kty, use } = key
        assert.deepEqual({ alg, e, kty, use }, { alg: 'RS256', e: 'AQAB', kty: 'RSA', use: 'sig' })
        assert.equal(Buffer.from(key['n'] ?? '', 'base64url').length, 256)
      }
      assert.notEqual(keys[0]?.['n'], keys[1]?.['n'])
      const other = await server().givenPool()
      const kids = new Set(keys.map(({ kid }) => kid))
      assert.ok(
        (await jwksOf(server(), other.poolId)).keys.every(({ kid }) => !kids.has(kid)),
        'two pools share a key',
      )
    })

    it('is allowed from any origin, with documents that may be cached for five minutes', async () => {
      const { poolId } = await server().givenPool()
      for (const name of ['jwks.json', 'openid-configuration']) {
        const response = await fetch(`${server().url}/${poolId}/.well-known/${name}`, { headers: { origin: 'https://app.example.test' } })
        assert.equal(response.status, 200)
        assert.equal(response.headers.get('access-control-allow-origin'), '*')
        assert.match(response.headers.get('content-type') ?? '', /^application\/json/)
        assert.equal(response.headers.get('cache-control'), 'public, max-age=300')
        const head = await fetch(response.url, { method: 'HEAD' })
        assert.deepEqual([head.status, await head.text()], [200, ''])
        for (const header of ['content-type', 'content-length', 'cache-control', 'access-control-allow-origin']) {
          assert.equal(head.headers.get(header), response.headers.get(header), header)
        }
      }
    })

    it('fails for unknown and deleted pools, which have no documents', async () => {
      const { poolId } = await server().givenPool()
      await server().send(new DeleteUserPoolCommand({ UserPoolId: poolId }))
      for (const name of [poolId, 'us-east-1_nowhere00', '..', '%00', 'a%2F..%2Fb', '__proto__']) {
        for (const document of ['jwks.json', 'openid-configuration']) {
          const { status } = await fetch(`${server().url}/${name}/.well-known/${document}`)
          assert.ok(status === 404 || status === 400, `${name} answered ${status}`)
        }
      }
    })

    it('accepts old tokens after the keys were rotated, and new tokens that the new keys signed', async () => {
      const { poolId, clientId, accessToken, idToken } = await givenSignIn()
      const verifier = tokenVerifier(server(), { poolId, clientId, tokenUse: 'access' })
      const oldKeys = (await jwksOf(server(), poolId)).keys
      await rotateSigningKeys(server(), poolId)

      await verifier.verify(accessToken)
      await tokenVerifier(server(), { poolId, clientId, tokenUse: 'id' }).verify(idToken)
      await useAccessToken(server(), accessToken)
      const after = await givenTokens(server(), clientId, 'ana')
      const oldKids = oldKeys.map(({ kid }) => kid)
      assert.equal(oldKids.includes(String(headerOf(after.accessToken)['kid'])), false)
      assert.equal(oldKids.includes(String(headerOf(after.idToken)['kid'])), false)
      await useAccessToken(server(), after.accessToken)
      await verifier.verify(after.accessToken)

      const published = (await jwksOf(server(), poolId)).keys.map(({ kid }) => String(kid))
      const newKids = [headerOf(after.idToken)['kid'], headerOf(after.accessToken)['kid']].map(String)
      assert.deepEqual(published, [...newKids, ...oldKids.map(String)])
    })

    it('rejects tokens of revoked keys, including keys that were retired earlier; the sessions go on', async () => {
      const { poolId, clientId, accessToken, idToken, refreshToken } = await givenSignIn()
      const bystander = await givenSignIn()
      await rotateSigningKeys(server(), poolId)
      const second = await givenTokens(server(), clientId, 'ana')
      server().clock.advance(10)
      await rotateSigningKeys(server(), poolId, { revokeOld: true })

      const published = (await jwksOf(server(), poolId)).keys.map(({ kid }) => String(kid))
      assert.equal(published.length, 2)
      const unverified = { name: 'NotAuthorizedException', message: 'Could not verify signature for Access Token' }
      for (const token of [accessToken, second.accessToken]) {
        await assert.rejects(useAccessToken(server(), token), unverified)
        await assert.rejects(tokenVerifier(server(), { poolId, clientId, tokenUse: 'access' }).verify(token))
      }
      await assert.rejects(tokenVerifier(server(), { poolId, clientId, tokenUse: 'id' }).verify(idToken))

      const refreshed = (await refresh(server(), clientId, refreshToken)).AuthenticationResult?.AccessToken ?? ''
      await useAccessToken(server(), refreshed)
      assert.ok(published.includes(String(headerOf(refreshed)['kid'])))
      await useAccessToken(server(), bystander.accessToken)
      const records = await listAuditRecords(server(), { UserPoolId: poolId, Operation: 'RotateSigningKeys' })
      assert.deepEqual(
        records.map(({ Detail }) => Detail),
        ['old keys: revoked', undefined],
      )
    })

    it('refuses to rotate the keys of an unknown pool', async () => {
      const answer = await rawCall(server(), 'LifeguardService.RotateSigningKeys', { UserPoolId: 'us-east-1_nowhere00' })
      assert.equal(answer.status, 400)
      const message = 'User pool us-east-1_nowhere00 does not exist.'
      assert.deepEqual(answer.body, { __type: 'ResourceNotFoundException', message })
    })

    it('still accepts the same tokens after a restart of the server, which keeps its keys', async () => {
      const { poolId, clientId, accessToken } = await givenSignIn()
      await rotateSigningKeys(server(), poolId)
      const rotated = await givenTokens(server(), clientId, 'ana')
      const before = await jwksOf(server(), poolId)
      await server().restart()
      assert.deepEqual(await jwksOf(server(), poolId), before)
      const verifier = tokenVerifier(server(), { poolId, clientId, tokenUse: 'access' })
      for (const token of [accessToken, rotated.accessToken]) {
        await verifier.verify(token)
        await useAccessToken(server(), token)
      }
      const after = await givenTokens(server(), clientId, 'ana')
      assert.equal(headerOf(after.accessToken)['kid'], headerOf(rotated.accessToken)['kid'])
    })
  })
}

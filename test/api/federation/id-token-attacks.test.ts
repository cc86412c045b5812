import assert from 'node:assert/strict'
import { createHmac, createPublicKey, type JsonWebKeyInput } from 'node:crypto'
import { describe, it } from 'node:test'
import { exportJWK, generateKeyPair } from 'jose'
import { engines } from '../../support/engines.ts'
import { givenFederatedPool, usernamesIn } from '../../support/federation.ts'
import { recordingLogger } from '../../support/functions.ts'
import { type Claims, json, runHostileProvider, signed, signInWithForged, tokenAnswer } from '../../support/hostile-provider.ts'
import { errorIn } from '../../support/openid-provider.ts'
import { useTestServer } from '../../support/test-server.ts'

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

for (const engine of engines) {
  describe(`Forged ID tokens on ${engine.name}`, async () => {
    const { logger, lines } = recordingLogger('warn')
    const server = useTestServer(engine, { logger })
    const provider = await runHostileProvider()
    const other = await generateKeyPair('RS256', { extractable: true })
    const otherJwk = { ...(await exportJWK(other.publicKey)), alg: 'RS256', use: 'sig' }
    const curve = await generateKeyPair('ES256', { extractable: true })
    const curveJwk = { ...(await exportJWK(curve.publicKey)), kid: 'k1' }

    /** The public key of the provider, in each form that a confused verifier may take for a secret. */
    const publicKeys = (): readonly (string | Buffer)[] => {
      const key = createPublicKey({ key: provider.publicJwk, format: 'jwk' } as JsonWebKeyInput)
      return [
        key.export({ format: 'pem', type: 'spki' }),
        key.export({ format: 'der', type: 'spki' }),
        JSON.stringify(provider.publicJwk),
        String(provider.publicJwk.n),
      ]
    }
    const withHmac = (claims: Claims, secret: string | Buffer, alg = 'HS256') => {
      const signedPart = `${encoded({ alg, kid: 'k1' })}.${encoded(claims)}`
      return `${signedPart}.${createHmac('sha256', secret).update(signedPart).digest('base64url')}`
    }
    const signIn = async (forged: Parameters<typeof signInWithForged>[3]) => {
      const { poolId, clientId } = await givenFederatedPool(server(), provider)
      const location = await signInWithForged(server(), provider, clientId, forged)
      return { location, users: await usernamesIn(server(), poolId) }
    }
    const assertRefused = async (forged: Parameters<typeof signInWithForged>[3], what: string) => {
      const { location, users } = await signIn(forged)
      const { error, description } = errorIn(location)
      assert.ok(location.startsWith('https://app.test/callback?'), what)
      assert.equal(error, 'invalid_request', `${what}: ${location}`)
      assert.match(description ?? '', /^Corp Error - ./, what)
      assert.deepEqual(users, [], what)
    }

    it('accepts a good one, so that the others fail for their reason', async () => {
      const { location, users } = await signIn({})
      assert.match(location, /^https:\/\/app\.test\/callback\?code=/)
      assert.deepEqual(users, ['Corp_ana'])
    })

    it('refuses tokens for another reader, from another issuer, or of another time', async () => {
      const now = () => Math.floor(server().clock.now() / 1000)
      const rows: readonly (readonly [string, (good: Claims) => Claims])[] = [
        ['another issuer', (good) => ({ ...good, iss: 'https://other.test' })],
        ['no issuer', ({ iss: _iss, ...rest }) => rest],
        ['the issuer with a slash', (good) => ({ ...good, iss: `${good['iss']}/` })],
        ['another audience', (good) => ({ ...good, aud: 'another client' })],
        ['no audience', ({ aud: _aud, ...rest }) => rest],
        ['an empty audience', (good) => ({ ...good, aud: [] })],
        ['several audiences without azp', (good) => ({ ...good, aud: ['lifeguard', 'another client'] })],
        ['another authorized party', (good) => ({ ...good, aud: ['lifeguard', 'another client'], azp: 'another client' })],
        ['another nonce', (good) => ({ ...good, nonce: 'of another sign-in' })],
        ['no nonce', ({ nonce: _nonce, ...rest }) => rest],
        ['expired', (good) => ({ ...good, iat: now() - 1000, exp: now() - 500 })],
        ['no expiry', ({ exp: _exp, ...rest }) => rest],
        ['an expiry that is text', (good) => ({ ...good, exp: String(good['exp']) })],
        ['not valid yet', (good) => ({ ...good, nbf: now() + 500 })],
        ['no subject', ({ sub: _sub, ...rest }) => rest],
        ['an empty subject', (good) => ({ ...good, sub: '' })],
        ['a subject that is no text', (good) => ({ ...good, sub: { toString: 'ana' } })],
        ['a subject that is a list', (good) => ({ ...good, sub: ['ana'] })],
      ]
      for (const [what, claims] of rows) await assertRefused({ claims }, what)
    })

    it('refuses a public key as the secret of a MAC, and tokens without a signature', async () => {
      for (const secret of [...publicKeys(), 'another secret', '']) {
        await assertRefused({ idToken: (claims) => withHmac(claims, secret) }, 'HS256')
      }
      await assertRefused({ idToken: (claims) => withHmac(claims, publicKeys()[0] ?? '', 'RS256') }, 'a MAC under the name RS256')
      for (const alg of ['none', 'None', 'NONE', '', undefined]) {
        for (const signature of ['', 'AAAA']) {
          await assertRefused({ idToken: (claims) => `${encoded({ alg, kid: 'k1' })}.${encoded(claims)}.${signature}` }, `alg ${alg}`)
        }
      }
      await assertRefused({ idToken: (claims) => `${encoded({ alg: 'RS256', kid: 'k1' })}.${encoded(claims)}` }, 'two parts')
      await assertRefused({ idToken: () => undefined }, 'no ID token')
    })

    it('refuses the key that the token itself names', async () => {
      const headers = [{ jwk: otherJwk }, { jku: `${provider.issuer}/evil` }, { x5u: `${provider.issuer}/evil` }, { kid: '../../evil' }, {}]
      await provider.takeRequests()
      for (const header of headers) {
        const idToken = (claims: Claims) => signed({ key: other.privateKey }, claims, header)
        await assertRefused({ idToken, answers: { '/evil': json({ keys: [otherJwk] }) } }, JSON.stringify(header))
      }
      const requests = await provider.takeRequests()
      assert.deepEqual(
        requests.filter(({ path }) => path === '/evil'),
        [],
      )
    })

    it('refuses keys that leave open which one is meant, and keys for another purpose', async () => {
      const twins = { '/jwks': json({ keys: [provider.publicJwk, { ...otherJwk, kid: 'k1' }] }) }
      await assertRefused({ answers: twins }, 'two keys with one id')
      const idToken = (claims: Claims) => signed(provider, claims, { kid: undefined })
      await assertRefused({ idToken, answers: { '/jwks': json({ keys: [provider.publicJwk, { ...otherJwk, kid: 'k2' }] }) } }, 'no id')
      await assertRefused({ answers: { '/jwks': json({ keys: [{ ...provider.publicJwk, use: 'enc' }] }) } }, 'a key to encrypt')
      await assertRefused({ answers: { '/jwks': json({ keys: [{ ...provider.publicJwk, alg: 'PS256' }] }) } }, 'a key for PS256')
      await assertRefused({ answers: { '/jwks': json({ keys: [] }) } }, 'no keys')
      await assertRefused({ answers: { '/jwks': json({ keys: 'none' }) } }, 'keys that are no list')
      for (const keys of [[null], [7], ['k1'], [{}], [{ kty: 'RSA', kid: 'k1' }], [{ ...provider.publicJwk, n: '%%%' }]]) {
        await assertRefused({ answers: { '/jwks': json({ keys }) } }, JSON.stringify(keys))
      }
      const { users } = await signIn({ idToken, answers: { '/jwks': json({ keys: [provider.publicJwk] }) } })
      assert.deepEqual(users, ['Corp_ana'], 'a key set with one key needs no id')
    })

    it('refuses an algorithm that the provider does not announce, and a key of another type', async () => {
      const idToken = (claims: Claims) => signed({ key: curve.privateKey }, claims, { alg: 'ES256' })
      await assertRefused({ idToken, answers: { '/jwks': json({ keys: [curveJwk] }) } }, 'ES256 where RS256 is announced')
      await assertRefused({ answers: { '/jwks': json({ keys: [curveJwk] }) } }, 'a curve for RS256')
    })

    it('refuses token answers that are no such answers', async () => {
      const rows: readonly (readonly [string, Parameters<typeof signInWithForged>[3]])[] = [
        ['an ID token that is a number', { answers: { '/token': tokenAnswer(7 as never) } }],
        ['an ID token that is no JSON', { idToken: () => `${encoded({ alg: 'RS256' })}.AAAA.AAAA` }],
        ['another token type', { answers: { '/token': json({ access_token: 'a', token_type: 'mac' }) } }],
        ['no access token', { answers: { '/token': json({ token_type: 'Bearer' }) } }],
        ['a list', { answers: { '/token': json([]) } }],
        ['no JSON', { answers: { '/token': { body: '{"access_token":' } } }],
        ['another content type', { answers: { '/token': { body: '{}', headers: { 'content-type': 'text/html' } } } }],
        ['no body', { answers: { '/token': { status: 204 } } }],
      ]
      for (const [what, forged] of rows) await assertRefused(forged, what)
    })

    it('leaves the cause in the log, and nothing that the provider said of the user', async () => {
      lines.length = 0
      const personal = 'ana-personal@corp.test'
      const claims = (good: Claims) => ({ ...good, email: personal, exp: 5 })
      await assertRefused({ claims }, 'expired')
      await assertRefused({ claims: (good) => ({ ...good, email: personal, nonce: personal }) }, 'another nonce')
      await assertRefused({ answers: { '/userinfo': json({ sub: personal, email: personal }) } }, 'user info of another user')
      await assertRefused({ answers: { '/token': json({ access_token: personal, token_type: 'mac' }) } }, 'another token type')
      await assertRefused({ answers: { '/token': { status: 500, body: personal } } }, 'a fault')
      assert.equal(lines.filter((line) => line.includes('A sign-in by an identity provider failed.')).length, 5)
      assert.match(lines[0] ?? '', /JWT timestamp claim value failed validation/)
      for (const secret of [personal, 'eyJ', 'a code', 'the secret of our client there']) {
        assert.ok(!lines.some((line) => line.includes(secret)), secret)
      }
    })

    it('refuses user info that is about another user', async () => {
      for (const userInfo of [{ sub: 'eve', email: 'ana@corp.test' }, { email: 'ana@corp.test' }, { sub: ['ana'] }, { sub: null }, []]) {
        await assertRefused({ answers: { '/userinfo': json(userInfo) } }, JSON.stringify(userInfo))
      }
    })
  })
}

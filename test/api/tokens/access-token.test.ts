import assert from 'node:assert/strict'
import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AdminDeleteUserCommand,
  AdminDisableUserCommand,
  AdminEnableUserCommand,
  DeleteUserPoolClientCommand,
  DeleteUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { engines } from '../../support/engines.ts'
import { rawCall } from '../../support/raw-call.ts'
import { claimsOf, givenTokens, givenUser } from '../../support/sign-in.ts'
import { startTestServer, useTestServer } from '../../support/test-server.ts'
import { headerOf, jwksOf, revoked, useAccessToken } from '../../support/tokens.ts'

const invalid = { name: 'NotAuthorizedException', message: 'Invalid Access Token' }
const unverified = { name: 'NotAuthorizedException', message: 'Could not verify signature for Access Token' }
const expired = { name: 'NotAuthorizedException', message: 'Access Token has expired' }

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const stranger = generateKeyPairSync('rsa', { modulusLength: 2048 })

for (const engine of engines) {
  describe(`an access token on ${engine.name}`, () => {
    const server = useTestServer(engine)
    const use = (token: string) => useAccessToken(server(), token)

    async function givenSignIn() {
      const ids = await server().givenPool()
      await givenUser(server(), ids.poolId, 'ana')
      return { ...ids, ...(await givenTokens(server(), ids.clientId, 'ana')) }
    }

    it('is accepted until it expires', async () => {
      const { accessToken } = await givenSignIn()
      server().clock.advance(3_590_000)
      assert.equal((await use(accessToken)).Username, 'ana')
      server().clock.advance(11_000)
      await assert.rejects(use(accessToken), expired)
    })

    it('is rejected when it is cut, lengthened or malformed', async () => {
      const { accessToken } = await givenSignIn()
      const [header = '', payload = '', signature = ''] = accessToken.split('.')
      await assert.rejects(use(accessToken.slice(0, -10)), unverified)
      await assert.rejects(use(`${header}.${payload}.`), unverified)
      const broken = [
        `${header}.${payload}`,
        header,
        `${header}..${signature}`,
        `.${payload}.${signature}`,
        `${accessToken}.${signature}`,
        'garbage',
        'a.b.c',
        '...',
        '=',
      ]
      for (const token of broken) await assert.rejects(use(token), invalid, token.slice(0, 40))
      const { iss, ...claims } = claimsOf(accessToken)
      for (const issuer of [
        `${iss}\0`,
        `${iss}\ud800`,
        `${iss}/`,
        `${iss}x`,
        `${server().url}/`,
        `${server().url}/\0_0`,
        '\0',
        7,
        null,
        {},
      ])
        await assert.rejects(use(`${header}.${encode({ ...claims, iss: issuer })}.${signature}`), invalid, JSON.stringify(issuer))
    })

    it('is rejected with any other base64url spelling of the same signature', async () => {
      const { accessToken } = await givenSignIn()
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      const last = alphabet.indexOf(accessToken.at(-1) ?? '')
      const respelled = Array.from({ length: 15 }, (_, bits) => accessToken.slice(0, -1) + alphabet[last + bits + 1])
      const signatureOf = (token: string) => Buffer.from(token.split('.')[2] ?? '', 'base64url')
      for (const token of respelled) {
        assert.deepEqual(signatureOf(token), signatureOf(accessToken))
        await assert.rejects(use(token), unverified)
      }
      for (const more of ['=', '==', ' ', '\n']) await assert.rejects(use(accessToken + more), { name: /NotAuthorized|InvalidParameter/ })
      assert.equal((await use(accessToken)).Username, 'ana')
    })

    it('is rejected when it is unsigned, or signed with the public key as an HMAC secret', async () => {
      const { poolId, accessToken } = await givenSignIn()
      const [header = '', payload = '', signature = ''] = accessToken.split('.')
      const { kid } = headerOf(accessToken)
      for (const alg of ['none', 'None', 'NONE']) {
        await assert.rejects(use(`${encode({ alg })}.${payload}.`), unverified)
        await assert.rejects(use(`${encode({ alg, kid })}.${payload}.`), unverified)
        await assert.rejects(use(`${encode({ alg, kid })}.${payload}.${signature}`), unverified)
      }
      const jwk = (await jwksOf(server(), poolId)).keys.find((key) => key['kid'] === kid)
      const publicKey = createPublicKey({ key: jwk ?? {}, format: 'jwk' })
      for (const type of ['spki', 'pkcs1'] as const) {
        const secret = publicKey.export({ type, format: 'pem' })
        const input = `${encode({ alg: 'HS256', kid })}.${payload}`
        const forged = createHmac('sha256', secret).update(input).digest('base64url')
        await assert.rejects(use(`${input}.${forged}`), unverified)
      }
      assert.equal(header, encode({ kid, alg: 'RS256' }))
    })

    it('is rejected when another key signed it, whatever its header says', async () => {
      const { accessToken } = await givenSignIn()
      const forge = (header: Record<string, unknown>, claims = claimsOf(accessToken)) =>
        new SignJWT(claims).setProtectedHeader({ alg: 'RS256', ...header }).sign(stranger.privateKey)
      await assert.rejects(use(await forge({ kid: headerOf(accessToken)['kid'] })), unverified)
      await assert.rejects(use(await forge({ kid: 'unknown' })), unverified)
      await assert.rejects(use(await forge({})), unverified)
      const jwk = stranger.publicKey.export({ format: 'jwk' })
      await assert.rejects(use(await forge({ jwk })), unverified)
      await assert.rejects(use(await forge({ kid: 'x', jku: 'http://127.0.0.1:1/jwks.json' })), unverified)
      const claims = { ...claimsOf(accessToken), exp: 1 }
      await assert.rejects(use(await forge({ kid: headerOf(accessToken)['kid'] }, claims)), unverified)
    })

    it('is rejected with the claims of one pool and the signature of another', async () => {
      const here = await givenSignIn()
      const there = await givenSignIn()
      const [header, , signature] = there.accessToken.split('.')
      const moved = encode({ ...claimsOf(there.accessToken), iss: claimsOf(here.accessToken)['iss'] })
      await assert.rejects(use(`${header}.${moved}.${signature}`), unverified)
      const [ownHeader] = here.accessToken.split('.')
      await assert.rejects(use(`${ownHeader}.${moved}.${signature}`), unverified)
      await assert.rejects(use(`${ownHeader}.${there.accessToken.split('.').slice(1).join('.')}`), unverified)
    })

    it('is rejected when another installation or a deleted pool issued it', async () => {
      await using elsewhere = await startTestServer(engine)
      const foreign = await elsewhere.givenPool()
      await givenUser(elsewhere, foreign.poolId, 'ana')
      const { accessToken } = await givenTokens(elsewhere, foreign.clientId, 'ana')
      await assert.rejects(use(accessToken), invalid)

      const gone = await givenSignIn()
      await server().send(new DeleteUserPoolCommand({ UserPoolId: gone.poolId }))
      await assert.rejects(use(gone.accessToken), invalid)
    })

    it('cannot be replaced by an ID token or a refresh token in an operation that takes an access token', async () => {
      const { idToken, refreshToken } = await givenSignIn()
      await assert.rejects(use(idToken), invalid)
      await assert.rejects(use(refreshToken), invalid)
    })

    it('is rejected once its user is deleted, even when the username is used again', async () => {
      const { poolId, accessToken } = await givenSignIn()
      await server().send(new AdminDeleteUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      const gone = { name: 'UserNotFoundException', message: 'User does not exist.' }
      await assert.rejects(use(accessToken), gone)
      await givenUser(server(), poolId, 'ana')
      await assert.rejects(use(accessToken), gone)
    })

    it('is rejected while its user is disabled, and after the user is enabled again', async () => {
      const { poolId, accessToken } = await givenSignIn()
      await server().send(new AdminDisableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      await assert.rejects(use(accessToken), { name: 'NotAuthorizedException', message: 'User is disabled.' })
      await server().send(new AdminEnableUserCommand({ UserPoolId: poolId, Username: 'ana' }))
      await assert.rejects(use(accessToken), revoked)
    })

    it('is rejected once its client is deleted', async () => {
      const { poolId, clientId, accessToken } = await givenSignIn()
      await server().send(new DeleteUserPoolClientCommand({ UserPoolId: poolId, ClientId: clientId }))
      await assert.rejects(use(accessToken), revoked)
    })

    it('is rejected with NotAuthorizedException, whatever a forged token contains', async () => {
      const { accessToken } = await givenSignIn()
      const [header = '', payload = '', signature = ''] = accessToken.split('.')
      const claims = claimsOf(accessToken)
      const json = (value: fc.Arbitrary<unknown>) => value.map((content) => encode(content) ?? '')
      const odd = fc.constantFrom(null, 0, '', '\0', {}, [], ['x'], true, 1e300, -1, '__proto__', `${claims['iss']}\0`, 'x'.repeat(5000))
      const change = (of: Record<string, unknown>) =>
        fc.tuple(fc.constantFrom(...Object.keys(of), 'crit', 'b64', 'nbf', 'zip'), odd).map(([name, value]) => ({ ...of, [name]: value }))
      const bytes = fc.uint8Array({ maxLength: 40 }).map((content) => Buffer.from(content).toString('base64url'))
      const part = (whole: string, members: Record<string, unknown>) =>
        fc.oneof(fc.constant(whole), json(change(members)), json(fc.jsonValue()), bytes)
      const token = fc.tuple(part(header, headerOf(accessToken)), part(payload, claims), fc.oneof(fc.constant(signature), bytes))
      const property = fc.asyncProperty(token, async (parts) => {
        const forged = parts.join('.')
        if (forged === accessToken) return
        const { status, body } = await rawCall(server(), 'GetUser', { AccessToken: forged })
        assert.equal(status, 400, JSON.stringify(body))
        assert.equal(body['__type'], 'NotAuthorizedException')
      })
      await fc.assert(property, { numRuns: 300 })
    })
  })
}

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AdminResetUserPasswordCommand,
  CreateUserPoolClientCommand,
  CreateUserPoolDomainCommand,
  UpdateUserPoolCommand,
  type WebAuthnConfigurationType,
} from '@aws-sdk/client-cognito-identity-provider'
import { adminUpdate } from '../../../support/administration.ts'
import { engines } from '../../../support/engines.ts'
import {
  completeRegistration,
  givenPasskeyPool,
  pageOrigin,
  passkeysOf,
  registerPasskey,
  setWebAuthn,
  startRegistration,
  withPasskeys,
} from '../../../support/passkeys.ts'
import { sentTo } from '../../../support/self-service.ts'
import { givenTokens, givenUser } from '../../../support/sign-in.ts'
import { makePasskey } from '../../../support/software-authenticator.ts'
import { type TestPoolOptions, useTestServer } from '../../../support/test-server.ts'

const minute = 60_000
const notFound = { name: 'WebAuthnChallengeNotFoundException' }
const wrongOrigin = { name: 'WebAuthnOriginNotAllowedException' }
const mismatch = { name: 'WebAuthnRelyingPartyMismatchException' }
const notSupported = { name: 'WebAuthnCredentialNotSupportedException' }
const notEnabled = { name: 'WebAuthnNotEnabledException' }
const invalid = { name: 'InvalidParameterException', message: 'Credential data is not valid' }

for (const engine of engines) {
  describe(`The registration of a passkey on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(poolOptions: TestPoolOptions = withPasskeys, configuration: WebAuthnConfigurationType = {}) {
      const ids = await givenPasskeyPool(server(), poolOptions, configuration)
      const { sub } = await givenUser(server(), ids.poolId, 'ana', { attributes: [{ Name: 'name', Value: 'Ana Alvarez' }] })
      return { ...ids, sub, token: (await givenTokens(server(), ids.clientId, 'ana')).accessToken }
    }

    it('returns the same creation options as Cognito', async () => {
      const { poolId, sub, token } = await givenAna()
      const { challenge, ...options } = await startRegistration(server(), token)
      assert.ok(Buffer.from(challenge, 'base64url').length >= 16)
      assert.deepEqual(options, {
        authenticatorSelection: { requireResidentKey: true, residentKey: 'required', userVerification: 'preferred' },
        excludeCredentials: [],
        pubKeyCredParams: [
          { alg: -7, type: 'public-key' },
          { alg: -257, type: 'public-key' },
        ],
        rp: { id: 'example.test', name: 'example.test' },
        timeout: 60_000,
        user: { displayName: 'Ana Alvarez', id: Buffer.from(sub).toString('base64url'), name: 'ana' },
      })
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test', UserVerification: 'required' })
      const strictOptions = (await startRegistration(server(), token)) as unknown as {
        authenticatorSelection: { userVerification: string }
      }
      assert.equal(strictOptions.authenticatorSelection.userVerification, 'required')
    })

    it('names the user by their e-mail address in a pool whose usernames are addresses', async () => {
      const ids = await givenPasskeyPool(server(), { ...withPasskeys, pool: { ...withPasskeys.pool, UsernameAttributes: ['email'] } })
      await givenUser(server(), ids.poolId, 'ana@example.test')
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana@example.test')
      const { user } = await startRegistration(server(), accessToken)
      assert.deepEqual([user.name, user.displayName], ['ana@example.test', 'ana@example.test'])
    })

    it('stores the passkey, and excludes it from the next registration', async () => {
      const { poolId, token } = await givenAna()
      const first = await registerPasskey(server(), token)
      const second = await registerPasskey(server(), token, { algorithm: 'RS256', counts: false })
      assert.deepEqual(await passkeysOf(server(), token), [first.id, second.id])
      const { excludeCredentials } = await startRegistration(server(), token)
      assert.deepEqual(
        excludeCredentials,
        [first.id, second.id].map((id) => ({ id, type: 'public-key' })),
      )
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('accepts TLS pages of the domain and its subdomains on any port, and Android apps, and rejects other origins', async () => {
      const { token } = await givenAna()
      for (const origin of [
        'https://example.test',
        'https://app.example.test',
        'https://a.b.example.test:8443',
        `android:apk-key-hash:${'x'.repeat(43)}`,
      ]) {
        await registerPasskey(server(), token, {}, origin)
      }
      for (const origin of [
        'http://example.test',
        'https://example.test.evil.test',
        'https://evilexample.test',
        'https://test',
        'https://app.example.test/',
        'https://APP.example.test',
        'https://user@app.example.test',
        'android:apk-key-hash:short',
        'null',
        '',
      ]) {
        await assert.rejects(registerPasskey(server(), token, {}, origin), wrongOrigin, origin)
      }
      const inFrame = makePasskey(await startRegistration(server(), token), pageOrigin, { crossOrigin: true })
      await assert.rejects(completeRegistration(server(), token, inFrame.registration), wrongOrigin)
    })

    it('accepts pages without TLS on localhost only', async () => {
      const { token } = await givenAna(withPasskeys, { RelyingPartyId: 'localhost' })
      for (const origin of ['http://localhost', 'http://localhost:3000', 'https://localhost:3000', 'http://app.localhost:3000'])
        await registerPasskey(server(), token, {}, origin)
      for (const origin of ['http://127.0.0.1:3000', 'http://localhost.evil.test', 'http://example.test'])
        await assert.rejects(registerPasskey(server(), token, {}, origin), wrongOrigin, origin)
    })

    it('rejects a passkey for another relying party', async () => {
      const { token } = await givenAna()
      await assert.rejects(registerPasskey(server(), token, { rpId: 'app.example.test' }), mismatch)
      await assert.rejects(registerPasskey(server(), token, { rpId: 'evil.test' }), mismatch)
    })

    it('rejects an algorithm that it did not offer', async () => {
      const { token } = await givenAna()
      await assert.rejects(registerPasskey(server(), token, { algorithm: 'EdDSA' }), notSupported)
    })

    it('requires user verification if the pool demands it, and user presence in every pool', async () => {
      const { poolId, token } = await givenAna()
      await registerPasskey(server(), token, { userVerified: false })
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test', UserVerification: 'required' })
      await assert.rejects(registerPasskey(server(), token, { userVerified: false }), notSupported)
      await registerPasskey(server(), token)
      await assert.rejects(registerPasskey(server(), token, { userPresent: false }), invalid)
    })

    it('accepts a challenge only once, unaltered and before it expires', async () => {
      const { token } = await givenAna()
      const options = await startRegistration(server(), token)
      await completeRegistration(server(), token, makePasskey(options, pageOrigin).registration)
      await assert.rejects(completeRegistration(server(), token, makePasskey(options, pageOrigin).registration), notFound)

      const { challenge } = await startRegistration(server(), token)
      const altered = `${challenge.slice(0, -2)}${challenge.endsWith('AA') ? 'BB' : 'AA'}`
      for (const other of [altered, 'AAAA', '', Buffer.from('something else entirely').toString('base64url')])
        await assert.rejects(registerPasskey(server(), token, { challenge: other }), notFound, other)

      const late = makePasskey(await startRegistration(server(), token), pageOrigin)
      server().clock.advance(5 * minute)
      await assert.rejects(completeRegistration(server(), token, late.registration), notFound)
      assert.equal((await passkeysOf(server(), token)).length, 1)
    })

    it('rejects the challenge of another user, app client or pool', async () => {
      const { poolId, clientId, token } = await givenAna()
      await givenUser(server(), poolId, 'ben')
      const benToken = (await givenTokens(server(), clientId, 'ben')).accessToken
      const anaPasskey = makePasskey(await startRegistration(server(), token), pageOrigin)
      await assert.rejects(completeRegistration(server(), benToken, anaPasskey.registration), notFound)

      const other = { UserPoolId: poolId, ClientName: 'other', ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH' as const] }
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand(other))
      const otherClientToken = (await givenTokens(server(), UserPoolClient?.ClientId ?? '', 'ana')).accessToken
      await assert.rejects(completeRegistration(server(), otherClientToken, anaPasskey.registration), {
        name: 'WebAuthnClientMismatchException',
      })

      const otherPool = await givenAna()
      await assert.rejects(completeRegistration(server(), otherPool.token, anaPasskey.registration), notFound)
      await completeRegistration(server(), token, anaPasskey.registration)
    })

    it('rejects a malformed credential', async () => {
      const { token } = await givenAna()
      const { registration, id } = makePasskey(await startRegistration(server(), token), pageOrigin)
      const response = registration['response'] as Record<string, unknown>
      const withResponse = (changes: object) => ({ ...registration, response: { ...response, ...changes } })
      const nested = Buffer.concat([Buffer.alloc(5000, 0x81), Buffer.from([0])]).toString('base64url')
      const malformed: Record<string, Record<string, unknown>> = {
        nothing: {},
        'no response': { ...registration, response: undefined },
        'another type': { ...registration, type: 'password' },
        'two ids': { ...registration, rawId: 'AAAA' },
        'another id': { ...registration, id: 'AAAA', rawId: 'AAAA' },
        'a padded id': { ...registration, id: `${id}=`, rawId: `${id}=` },
        'no attestation object': withResponse({ attestationObject: '' }),
        'bytes that are no attestation object': withResponse({ attestationObject: 'AAAA' }),
        'a deeply nested attestation object': withResponse({ attestationObject: nested }),
        'empty client data': withResponse({ clientDataJSON: Buffer.from('{}').toString('base64url') }),
        'null as client data': withResponse({ clientDataJSON: Buffer.from('null').toString('base64url') }),
        'client data that is not JSON': withResponse({ clientDataJSON: 'AAAA' }),
        numbers: { id: 1, rawId: 1, type: 'public-key', response: 1 },
      }
      for (const [name, credential] of Object.entries(malformed))
        await assert.rejects(completeRegistration(server(), token, credential), invalid, name)
      await assert.rejects(registerPasskey(server(), token, { type: 'webauthn.get' }), invalid)
      await completeRegistration(server(), token, registration)
    })

    it('does not ask for an attestation statement, and ignores one that is sent', async () => {
      const { token } = await givenAna()
      const attestation = new Map<string, Buffer | number>([
        ['alg', -7],
        ['sig', Buffer.from('signed by nobody')],
        ['x5c', Buffer.from('no certificate')],
      ])
      for (const format of ['packed', 'apple', 'tpm', 'something-new']) await registerPasskey(server(), token, { format, attestation })
      assert.equal((await passkeysOf(server(), token)).length, 4)
    })

    it('accepts a passkey only once for each user', async () => {
      const { poolId, clientId, token } = await givenAna()
      await givenUser(server(), poolId, 'ben')
      const benToken = (await givenTokens(server(), clientId, 'ben')).accessToken
      const id = Buffer.from('the same passkey')
      await registerPasskey(server(), token, { id })
      const registeredAlready = { name: 'InvalidParameterException', message: 'The passkey is registered already.' }
      await assert.rejects(registerPasskey(server(), token, { id }), registeredAlready)
      await registerPasskey(server(), benToken, { id })
    })

    it('is rejected in a pool whose users cannot sign in with passkeys', async () => {
      const { poolId, token } = await givenAna()
      const passkey = makePasskey(await startRegistration(server(), token), pageOrigin)
      await server().send(new UpdateUserPoolCommand({ UserPoolId: poolId }))
      await assert.rejects(startRegistration(server(), token), notEnabled)
      await assert.rejects(completeRegistration(server(), token, passkey.registration), notEnabled)
    })

    it('is rejected for a user who has to reset the password first', async () => {
      const { poolId, token } = await givenAna()
      const passkey = makePasskey(await startRegistration(server(), token), pageOrigin)
      await givenVerifiedEmail(poolId)
      await server().send(new AdminResetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana' }))
      const resetRequired = { name: 'PasswordResetRequiredException' }
      await assert.rejects(startRegistration(server(), token), resetRequired)
      await assert.rejects(completeRegistration(server(), token, passkey.registration), resetRequired)
      await assert.rejects(passkeysOf(server(), token), resetRequired)
    })

    it('uses the domain of the pool as the relying party, or the host of the server if the pool has no domain', async () => {
      const ids = await server().givenPool(withPasskeys)
      await givenUser(server(), ids.poolId, 'ana')
      const token = (await givenTokens(server(), ids.clientId, 'ana')).accessToken
      assert.equal((await startRegistration(server(), token)).rp.id, 'localhost')
      const early = makePasskey(await startRegistration(server(), token), server().url)

      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: ids.poolId, Domain: 'ana-and-friends' }))
      assert.equal((await startRegistration(server(), token)).rp.id, 'ana-and-friends.auth.localhost')
      await assert.rejects(completeRegistration(server(), token, early.registration), wrongOrigin)

      const custom = {
        CustomDomainConfig: { CertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0190163f-0000-7000-8000-000000000000' },
      }
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: ids.poolId, Domain: 'login.example.test', ...custom }))
      assert.equal((await startRegistration(server(), token)).rp.id, 'login.example.test')
    })

    async function givenVerifiedEmail(poolId: string) {
      await adminUpdate(server(), poolId, 'ana', { email: 'ana@example.test', email_verified: 'true' })
    }
  })

  describe(`The registration of a passkey at a server with an IP address on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: ['--public-url', 'http://192.0.2.1'] })

    it('is rejected in a pool that has neither a RelyingPartyId nor a domain', async () => {
      const ids = await server().givenPool(withPasskeys)
      await givenUser(server(), ids.poolId, 'ana')
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      await assert.rejects(startRegistration(server(), accessToken), { name: 'WebAuthnConfigurationMissingException' })
      await setWebAuthn(server(), ids.poolId, { RelyingPartyId: 'example.test' })
      await registerPasskey(server(), accessToken)
    })
  })
}

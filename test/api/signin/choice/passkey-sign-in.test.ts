import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AdminSetUserPasswordCommand,
  DeleteWebAuthnCredentialCommand,
  GetUserAuthFactorsCommand,
  GetUserCommand,
  SetUserMFAPreferenceCommand,
  SetUserPoolMfaConfigCommand,
  type WebAuthnConfigurationType,
} from '@aws-sdk/client-cognito-identity-provider'
import { answerByPasskey, choose, givenChoicePool, optionsOf, startBy, startChoice } from '../../../support/choice.ts'
import { engines } from '../../../support/engines.ts'
import { factorBlocks, prefer, registerApp, respond } from '../../../support/mfa.ts'
import { pageOrigin, registerPasskey, setWebAuthn } from '../../../support/passkeys.ts'
import { sentTo } from '../../../support/self-service.ts'
import { claimsOf, givenTokens, givenUser } from '../../../support/sign-in.ts'
import type { AuthenticatorOptions } from '../../../support/software-authenticator.ts'
import { useTestServer } from '../../../support/test-server.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }
const used = { name: 'NotAuthorizedException', message: 'Invalid session for the user, session can only be used once.' }
const passwords = ['PASSWORD_SRP', 'PASSWORD']
const singleFactor = { RelyingPartyId: 'example.test' }
const multiFactor = { RelyingPartyId: 'example.test', FactorConfiguration: 'MULTI_FACTOR_WITH_USER_VERIFICATION' } as const

for (const engine of engines) {
  describe(`a passkey as the first factor, on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenPasskey(options: AuthenticatorOptions = {}) {
      const ids = await givenChoicePool(server(), ['PASSWORD', 'WEB_AUTHN'])
      const { sub } = await givenUser(server(), ids.poolId, 'ana')
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      return { ...ids, sub, accessToken, passkey: await registerPasskey(server(), accessToken, options) }
    }

    const ask = (clientId: string, username = 'ana') => startBy(server(), clientId, username, 'WEB_AUTHN')

    it('signs its owner in', async () => {
      const { poolId, clientId, sub, accessToken, passkey } = await givenPasskey()
      const other = await registerPasskey(server(), accessToken, { transports: ['usb'] })
      const asked = await ask(clientId)
      const { challenge, ...options } = optionsOf(asked)
      assert.deepEqual([asked.ChallengeName, asked.AvailableChallenges], ['WEB_AUTHN', [...passwords, 'WEB_AUTHN']])
      assert.ok(Buffer.from(challenge, 'base64url').length >= 16)
      assert.deepEqual(options, {
        timeout: 180_000,
        rpId: 'example.test',
        allowCredentials: [
          { type: 'public-key', id: passkey.id, transports: ['internal', 'hybrid'] },
          { type: 'public-key', id: other.id, transports: ['usb'] },
        ],
        userVerification: 'preferred',
      })
      const { AuthenticationResult: tokens } = await answerByPasskey(server(), clientId, 'ana', asked, other)
      assert.equal(claimsOf(tokens?.AccessToken ?? '')['sub'], sub)
      assert.notEqual(optionsOf(await ask(clientId)).challenge, challenge)
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('can be chosen and answered with SELECT_CHALLENGE or as WEB_AUTHN', async () => {
      const { clientId, passkey } = await givenPasskey()
      const start = async () => (await startChoice(server(), clientId, 'ana')).Session
      const chosen = await choose(server(), clientId, 'ana', await start(), 'WEB_AUTHN')
      const credential = JSON.stringify(passkey.use(optionsOf(chosen)))
      const byChoice = await choose(server(), clientId, 'ana', chosen.Session, 'WEB_AUTHN', { CREDENTIAL: credential })
      assert.ok(byChoice.AuthenticationResult)
      const named = await respond(server(), clientId, 'WEB_AUTHN', await start(), { USERNAME: 'ana' })
      assert.ok((await answerByPasskey(server(), clientId, 'ana', named, passkey)).AuthenticationResult)
      // A credential that comes before its challenge is ignored, and the challenge is issued.
      const early = await choose(server(), clientId, 'ana', await start(), 'WEB_AUTHN', { CREDENTIAL: credential })
      assert.equal(early.ChallengeName, 'WEB_AUTHN')
    })

    it('is accepted again and again, with a signature counter or without', async () => {
      for (const options of [{ counts: true }, { counts: false }, { algorithm: 'RS256' }] as const) {
        const { clientId, passkey } = await givenPasskey(options)
        for (let count = 0; count < 3; count++) {
          assert.ok((await answerByPasskey(server(), clientId, 'ana', await ask(clientId), passkey)).AuthenticationResult)
        }
      }
    })

    it('is rejected when its signature counter does not increase, as with a copy of the passkey', async () => {
      const { clientId, passkey } = await givenPasskey({ counter: 7 })
      await answerByPasskey(server(), clientId, 'ana', await ask(clientId), passkey, { counter: 9 })
      for (const counter of [9, 8, 0]) {
        await assert.rejects(answerByPasskey(server(), clientId, 'ana', await ask(clientId), passkey, { counter }), wrong, `${counter}`)
      }
      await answerByPasskey(server(), clientId, 'ana', await ask(clientId), passkey, { counter: 10 })
    })

    it('is rejected when any member of the credential is wrong or malformed, and can then be tried again', async () => {
      const { clientId, passkey } = await givenPasskey({ counts: false })
      const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
      const asked = await ask(clientId)
      const bent = {
        'another origin': { origin: 'https://evil.test' },
        'no TLS': { origin: 'http://app.example.test' },
        'a frame elsewhere': { crossOrigin: true },
        'another relying party': { rpId: 'evil.test' },
        'another challenge': { challenge: Buffer.alloc(32).toString('base64url') },
        'no challenge': { challenge: '' },
        'another ceremony': { type: 'webauthn.create' },
        'nobody there': { userPresent: false },
        'another key': { key: stranger },
        'another user': { userHandle: Buffer.from('somebody else').toString('base64url') },
        'an unknown id': { id: 'AAAA' },
      }
      for (const [what, changes] of Object.entries(bent)) {
        await assert.rejects(answerByPasskey(server(), clientId, 'ana', asked, passkey, changes), wrong, what)
      }
      const malformed = { name: 'InvalidParameterException' }
      for (const CREDENTIAL of ['{}', 'null', '[]', 'no JSON', '{"id":1}']) {
        await assert.rejects(
          respond(server(), clientId, 'WEB_AUTHN', asked.Session, { USERNAME: 'ana', CREDENTIAL }),
          malformed,
          CREDENTIAL,
        )
      }
      const missing = { name: 'InvalidParameterException', message: 'Missing required parameter CREDENTIAL' }
      await assert.rejects(respond(server(), clientId, 'WEB_AUTHN', asked.Session, { USERNAME: 'ana' }), missing)
      // An authenticator may leave out the user handle.
      assert.ok((await answerByPasskey(server(), clientId, 'ana', asked, passkey, { userHandle: undefined })).AuthenticationResult)
    })

    it('is accepted only once for a challenge', async () => {
      for (const counts of [true, false]) {
        const { clientId, passkey } = await givenPasskey({ counts })
        const asked = await ask(clientId)
        const answer = { USERNAME: 'ana', CREDENTIAL: JSON.stringify(passkey.use(optionsOf(asked))) }
        const outcomes = await Promise.allSettled([1, 2].map(() => respond(server(), clientId, 'WEB_AUTHN', asked.Session, answer)))
        assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
        await assert.rejects(respond(server(), clientId, 'WEB_AUTHN', asked.Session, answer), used)
        const next = await ask(clientId)
        await assert.rejects(respond(server(), clientId, 'WEB_AUTHN', next.Session, answer), wrong)
      }
    })

    it('is rejected for another user', async () => {
      const { poolId, clientId, passkey } = await givenPasskey()
      await givenUser(server(), poolId, 'ben')
      const bens = await registerPasskey(server(), (await givenTokens(server(), clientId, 'ben')).accessToken)
      await assert.rejects(answerByPasskey(server(), clientId, 'ben', await ask(clientId, 'ben'), passkey), wrong)
      await assert.rejects(answerByPasskey(server(), clientId, 'ana', await ask(clientId), bens), wrong)
      await assert.rejects(answerByPasskey(server(), clientId, 'ben', await ask(clientId), bens), invalid)
      // Ben's signature under the id of Ana's passkey.
      await assert.rejects(answerByPasskey(server(), clientId, 'ana', await ask(clientId), bens, { id: passkey.id }), wrong)
    })

    it('needs user verification only where the pool requires it', async () => {
      const { poolId, clientId, passkey } = await givenPasskey()
      const without = { userVerified: false }
      assert.ok((await answerByPasskey(server(), clientId, 'ana', await ask(clientId), passkey, without)).AuthenticationResult)
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test', UserVerification: 'required' })
      const asked = await ask(clientId)
      assert.equal(optionsOf(asked).userVerification, 'required')
      await assert.rejects(answerByPasskey(server(), clientId, 'ana', asked, passkey, without), wrong)
      assert.ok((await answerByPasskey(server(), clientId, 'ana', asked, passkey)).AuthenticationResult)
    })

    it('is not offered once it is deleted, while the pool has another relying party, or while the password is temporary', async () => {
      const { poolId, clientId, accessToken, passkey } = await givenPasskey()
      const kept = await registerPasskey(server(), accessToken)
      const asked = await ask(clientId)
      await server().send(new DeleteWebAuthnCredentialCommand({ AccessToken: accessToken, CredentialId: passkey.id }))
      await assert.rejects(answerByPasskey(server(), clientId, 'ana', asked, passkey), wrong)
      assert.deepEqual(
        optionsOf(await ask(clientId)).allowCredentials.map(({ id }) => id),
        [kept.id],
      )

      await setWebAuthn(server(), poolId, { RelyingPartyId: 'other.test' })
      assert.deepEqual((await ask(clientId)).AvailableChallenges, passwords)
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test' })
      const waiting = await ask(clientId)
      assert.equal(waiting.ChallengeName, 'WEB_AUTHN')
      await server().send(
        new AdminSetUserPasswordCommand({ UserPoolId: poolId, Username: 'ana', Password: 'Temporary-1', Permanent: false }),
      )
      assert.deepEqual((await ask(clientId)).AvailableChallenges, passwords)
      await assert.rejects(answerByPasskey(server(), clientId, 'ana', waiting, kept), { name: 'InvalidParameterException' })
    })

    it('is listed among the factors of its owner', async () => {
      const { poolId, clientId, accessToken } = await givenPasskey()
      const factors = async (AccessToken: string) =>
        (await server().send(new GetUserAuthFactorsCommand({ AccessToken }))).ConfiguredUserAuthFactors
      assert.deepEqual(await factors(accessToken), ['PASSWORD', 'WEB_AUTHN'])
      await givenUser(server(), poolId, 'ben')
      assert.deepEqual(await factors((await givenTokens(server(), clientId, 'ben')).accessToken), ['PASSWORD'])
    })

    it('counts as both factors if the pool allows that and the user was verified; other pools offer no passkey where MFA applies', async () => {
      const { poolId, clientId, accessToken, passkey } = await givenPasskey()
      const setMfa = (MfaConfiguration: 'OPTIONAL' | 'ON', WebAuthnConfiguration: WebAuthnConfigurationType) => {
        const request = { UserPoolId: poolId, MfaConfiguration, ...factorBlocks.totp, WebAuthnConfiguration }
        return server().send(new SetUserPoolMfaConfigCommand(request))
      }
      await setMfa('OPTIONAL', singleFactor)
      const app = await registerApp(server(), accessToken)
      // A user without a second factor signs in with the passkey alone.
      assert.ok(
        (await answerByPasskey(server(), clientId, 'ana', await ask(clientId), passkey, { userVerified: false })).AuthenticationResult,
      )
      const early = await ask(clientId)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      assert.deepEqual((await ask(clientId)).AvailableChallenges, passwords)
      await assert.rejects(answerByPasskey(server(), clientId, 'ana', early, passkey), { name: 'InvalidParameterException' })

      for (const MfaConfiguration of ['OPTIONAL', 'ON'] as const) {
        await setMfa(MfaConfiguration, multiFactor)
        const asked = await ask(clientId)
        assert.deepEqual(asked.AvailableChallenges, [...passwords, 'WEB_AUTHN'])
        assert.equal(optionsOf(asked).userVerification, 'required')
        await assert.rejects(answerByPasskey(server(), clientId, 'ana', asked, passkey, { userVerified: false }), wrong)
        assert.ok((await answerByPasskey(server(), clientId, 'ana', asked, passkey)).AuthenticationResult, MfaConfiguration)
      }
      const byPassword = await startBy(server(), clientId, 'ana', 'PASSWORD', { PASSWORD: 'Correct-horse-7' })
      assert.equal(byPassword.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const code = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      assert.ok((await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', byPassword.Session, code)).AuthenticationResult)

      await setMfa('ON', singleFactor)
      assert.deepEqual((await ask(clientId)).AvailableChallenges, passwords)
    })

    it('can be activated for MFA only in addition to another method, and then needs user verification', async () => {
      const { poolId, clientId, accessToken, passkey } = await givenPasskey()
      const off = { name: 'InvalidParameterException' }
      const setMfa = (WebAuthnConfiguration: WebAuthnConfigurationType) => {
        const request = { UserPoolId: poolId, MfaConfiguration: 'OPTIONAL', ...factorBlocks.totp, WebAuthnConfiguration } as const
        return server().send(new SetUserPoolMfaConfigCommand(request))
      }
      const activate = (Enabled: boolean) =>
        server().send(new SetUserMFAPreferenceCommand({ AccessToken: accessToken, WebAuthnMfaSettings: { Enabled } }))
      const settings = async () => (await server().send(new GetUserCommand({ AccessToken: accessToken }))).UserMFASettingList
      await setMfa(singleFactor)
      await registerApp(server(), accessToken)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      await assert.rejects(activate(true), off)
      await setMfa(multiFactor)
      await activate(true)
      assert.deepEqual(await settings(), ['SOFTWARE_TOKEN_MFA', 'WEB_AUTHN_MFA'])
      const asked = await ask(clientId)
      assert.equal(optionsOf(asked).userVerification, 'required')
      await assert.rejects(answerByPasskey(server(), clientId, 'ana', asked, passkey, { userVerified: false }), wrong)
      assert.ok((await answerByPasskey(server(), clientId, 'ana', asked, passkey)).AuthenticationResult)

      await activate(false)
      assert.deepEqual(await settings(), ['SOFTWARE_TOKEN_MFA'])
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: false }, WebAuthnMfaSettings: { Enabled: false } })
      assert.deepEqual(await settings(), [])
      await assert.rejects(activate(true), off)
      await givenUser(server(), poolId, 'ben')
      await assert.rejects(prefer(server(), poolId, 'ben', { WebAuthnMfaSettings: { Enabled: true } }), off)
    })

    it('works on a page of this server’s own domain', async () => {
      const ids = await server().givenPool({
        pool: { Policies: { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD', 'WEB_AUTHN'] } } },
        client: { ExplicitAuthFlows: ['ALLOW_USER_AUTH', 'ALLOW_USER_PASSWORD_AUTH'] },
      })
      await givenUser(server(), ids.poolId, 'ana')
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      const passkey = await registerPasskey(server(), accessToken, {}, server().url)
      const asked = await ask(ids.clientId)
      assert.equal(optionsOf(asked).rpId, 'localhost')
      assert.ok((await answerByPasskey(server(), ids.clientId, 'ana', asked, passkey)).AuthenticationResult)
      await assert.rejects(answerByPasskey(server(), ids.clientId, 'ana', await ask(ids.clientId), passkey, { origin: pageOrigin }), wrong)
    })
  })
}

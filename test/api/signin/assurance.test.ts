import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { InitiateAuthCommandOutput } from '@aws-sdk/client-cognito-identity-provider'
import { answerByPasskey, choose, givenChoicePool, startChoice } from '../../support/choice.ts'
import { engines } from '../../support/engines.ts'
import { type FactorName, prefer, registerApp, respond, setMfa } from '../../support/mfa.ts'
import { registerPasskey, setWebAuthn } from '../../support/passkeys.ts'
import { codeSentTo, type PoolAndClient, sentTo, type Values } from '../../support/self-service.ts'
import { claimsOf, givenTokens, givenUser, goodPassword } from '../../support/sign-in.ts'
import { type TestPoolOptions, useTestServer } from '../../support/test-server.ts'
import { refresh } from '../../support/tokens.ts'

const email = 'ana@example.test'
const phone = '+15551234444'
const loa = (level: number) => `urn:cognito:loa:${level}`
const passwords = ['PASSWORD_SRP', 'PASSWORD']
const unreachable = { name: 'NotAuthorizedException', message: 'The user cannot reach the requested level of assurance.' }
const invalid = { name: 'InvalidParameterException' }
const named = { AcrConfiguration: { Level1: { AcrValue: 'bronze' }, Level4: { AcrValue: 'gold' } } }
const attributes = [
  { Name: 'email', Value: email },
  { Name: 'phone_number', Value: phone },
]

for (const engine of engines) {
  describe(`a sign-in with levels of assurance on ${engine.name}`, () => {
    const server = useTestServer(engine)

    async function givenAna(options: TestPoolOptions = {}, factors: readonly FactorName[] = []) {
      const ids = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'], options)
      if (factors.length > 0) await setMfa(server(), ids.poolId, 'OPTIONAL', factors)
      await givenUser(server(), ids.poolId, 'ana', { attributes })
      return ids
    }

    /** The claims `acr` and `amr`. Asserts that they are the same in the access token and in the ID token. */
    function assuranceIn({ AuthenticationResult: tokens }: InitiateAuthCommandOutput) {
      const [access, id] = [claimsOf(tokens?.AccessToken ?? ''), claimsOf(tokens?.IdToken ?? '')]
      assert.deepEqual([id['acr'], id['amr']], [access['acr'], access['amr']])
      return { acr: access['acr'], amr: access['amr'] }
    }

    const target = (clientId: string, acrs: string, more: Values = {}) =>
      startChoice(server(), clientId, 'ana', { TARGET_ACR_VALUES: acrs, ...more })

    const byPassword = { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: goodPassword }

    async function answerCode({ clientId, poolId }: PoolAndClient, asked: InitiateAuthCommandOutput, key: string, address: string) {
      const code = await codeSentTo(server(), poolId, address)
      return respond(server(), clientId, asked.ChallengeName ?? 'EMAIL_OTP', asked.Session, { USERNAME: 'ana', [key]: code })
    }

    it('puts the level into tokens, also after a refresh; adds no level where neither the pool nor the client asks for one', async () => {
      const silent = await givenAna()
      assert.equal('acr' in claimsOf((await givenTokens(server(), silent.clientId, 'ana')).accessToken), false)

      const { poolId, clientId } = await givenAna({ pool: named })
      const tokens = await givenTokens(server(), clientId, 'ana')
      assert.deepEqual([claimsOf(tokens.idToken)['acr'], claimsOf(tokens.accessToken)['amr']], ['bronze', ['pwd']])
      const asked = await startChoice(server(), clientId, 'ana', { PREFERRED_CHALLENGE: 'EMAIL_OTP' })
      const byCode = await answerCode({ clientId, poolId }, asked, 'EMAIL_OTP_CODE', email)
      assert.deepEqual(assuranceIn(byCode), { acr: loa(2), amr: ['email_otp'] })
      const refreshed = await refresh(server(), clientId, byCode.AuthenticationResult?.RefreshToken ?? '')
      assert.deepEqual(assuranceIn(refreshed), { acr: loa(2), amr: ['email_otp'] })
    })

    it('derives the level from the factors that were proven', async () => {
      const { poolId, clientId } = await givenAna({ pool: named })
      await setMfa(server(), poolId, 'OPTIONAL', ['totp', 'email'])
      await setWebAuthn(server(), poolId, { RelyingPartyId: 'example.test' })
      const token = (await givenTokens(server(), clientId, 'ana')).accessToken
      const passkey = await registerPasskey(server(), token)
      const asked = await startChoice(server(), clientId, 'ana', { PREFERRED_CHALLENGE: 'WEB_AUTHN' })
      assert.deepEqual(assuranceIn(await answerByPasskey(server(), clientId, 'ana', asked, passkey)), { acr: loa(3), amr: ['swk'] })

      await setMfa(server(), poolId, 'OPTIONAL', ['totp', 'email'])
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true } })
      const mailed = await startChoice(server(), clientId, 'ana', byPassword)
      const twice = await answerCode({ clientId, poolId }, mailed, 'EMAIL_OTP_CODE', email)
      assert.deepEqual(assuranceIn(twice), { acr: loa(3), amr: ['pwd', 'email_otp', 'mfa'] })

      const app = await registerApp(server(), token)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true, PreferredMfa: true } })
      const shown = await startChoice(server(), clientId, 'ana', byPassword)
      const code = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const best = await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', shown.Session, code)
      assert.deepEqual(assuranceIn(best), { acr: 'gold', amr: ['pwd', 'otp', 'mfa'] })
    })

    it('leads to the first requested level that the user can reach', async () => {
      const { poolId, clientId } = await givenAna()
      const offers = async (acrs: string) => (await target(clientId, acrs)).AvailableChallenges
      assert.deepEqual(await offers(loa(1)), [...passwords, 'EMAIL_OTP', 'SMS_OTP'])
      assert.deepEqual(await offers(loa(2)), ['EMAIL_OTP', 'SMS_OTP'])
      assert.deepEqual(await offers(`${loa(4)} ${loa(3)} ${loa(2)}`), ['EMAIL_OTP', 'SMS_OTP'])
      assert.deepEqual(await offers(`unknown ${loa(1)}`), [...passwords, 'EMAIL_OTP', 'SMS_OTP'])
      await assert.rejects(offers(loa(3)), unreachable)
      const asked = await target(clientId, loa(2), byPassword)
      assert.deepEqual([asked.ChallengeName, asked.AvailableChallenges], ['SELECT_CHALLENGE', ['EMAIL_OTP', 'SMS_OTP']])
      await assert.rejects(choose(server(), clientId, 'ana', asked.Session, 'PASSWORD', { PASSWORD: goodPassword }), invalid)
      const chosen = await choose(server(), clientId, 'ana', asked.Session, 'SMS_OTP')
      const done = await answerCode({ clientId, poolId }, chosen, 'SMS_OTP_CODE', phone)
      assert.deepEqual(assuranceIn(done), { acr: loa(2), amr: ['sms'] })
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${phone}`])
    })

    it('asks for a second factor that the user has not activated when the level needs one; the user selects among several', async () => {
      const { poolId, clientId } = await givenAna({}, ['email', 'sms', 'totp'])
      const choice = await target(clientId, loa(3), byPassword)
      assert.equal(choice.ChallengeName, 'SELECT_MFA_TYPE')
      assert.equal(choice.ChallengeParameters?.['MFAS_CAN_CHOOSE'], '["SMS_MFA","EMAIL_OTP"]')
      const answer = { USERNAME: 'ana', ANSWER: 'EMAIL_OTP' }
      const asked = await respond(server(), clientId, 'SELECT_MFA_TYPE', choice.Session, answer)
      const done = await answerCode({ clientId, poolId }, asked, 'EMAIL_OTP_CODE', email)
      assert.deepEqual(assuranceIn(done), { acr: loa(3), amr: ['pwd', 'email_otp', 'mfa'] })

      const app = await registerApp(server(), (await givenTokens(server(), clientId, 'ana')).accessToken)
      const best = await target(clientId, `${loa(4)} ${loa(3)}`, byPassword)
      assert.equal(best.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const code = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const reached = await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', best.Session, code)
      assert.deepEqual(assuranceIn(reached), { acr: loa(4), amr: ['pwd', 'otp', 'mfa'] })
      assert.deepEqual(await sentTo(server(), poolId), [`mfa ${email}`])
    })

    it('asks for a stronger second factor than the preferred one when the level needs it', async () => {
      const { poolId, clientId } = await givenAna({}, ['email', 'totp'])
      const app = await registerApp(server(), (await givenTokens(server(), clientId, 'ana')).accessToken)
      await prefer(server(), poolId, 'ana', { EmailMfaSettings: { Enabled: true, PreferredMfa: true } })
      const three = await target(clientId, loa(3), byPassword)
      assert.equal(three.ChallengeName, 'EMAIL_OTP')
      const four = await target(clientId, loa(4), byPassword)
      assert.equal(four.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const code = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      assert.equal(assuranceIn(await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', four.Session, code)).acr, loa(4))
    })

    it('counts the proofs that an access token vouches for, unless its auth_time is longer ago than MAX_AGE', async () => {
      const { poolId, clientId } = await givenAna({}, ['email', 'totp'])
      const app = await registerApp(server(), (await givenTokens(server(), clientId, 'ana')).accessToken)
      const first = await target(clientId, loa(1), byPassword)
      const { AccessToken: ACCESS_TOKEN = '' } = first.AuthenticationResult ?? {}
      const began = claimsOf(ACCESS_TOKEN)['auth_time']
      server().clock.advance(600_000)

      const next = await target(clientId, loa(4), { ACCESS_TOKEN })
      assert.equal(next.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const code = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const reached = await respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', next.Session, code)
      assert.deepEqual(assuranceIn(reached), { acr: loa(4), amr: ['pwd', 'otp', 'mfa'] })
      const better = reached.AuthenticationResult?.AccessToken ?? ''
      assert.equal(claimsOf(better)['auth_time'], began)

      const enough = await target(clientId, loa(3), { ACCESS_TOKEN: better, MAX_AGE: '700' })
      assert.deepEqual(assuranceIn(enough), { acr: loa(4), amr: ['pwd', 'otp', 'mfa'] })
      const stale = await target(clientId, loa(3), { ACCESS_TOKEN: better, MAX_AGE: '500' })
      assert.deepEqual([stale.ChallengeName, stale.AvailableChallenges], ['SELECT_CHALLENGE', passwords])
      // A token without `amr` does not say which factors were used, so the user must sign in again.
      const silent = (await givenTokens(server(), clientId, 'ana')).accessToken
      assert.equal((await target(clientId, loa(1), { ACCESS_TOKEN: silent })).ChallengeName, 'SELECT_CHALLENGE')
      assert.deepEqual(await sentTo(server(), poolId), [])
    })

    it('rejects an ACCESS_TOKEN that belongs to another user or pool, is an ID token or is invented', async () => {
      const { poolId, clientId } = await givenAna({ pool: named })
      await givenUser(server(), poolId, 'ben')
      const refused = { name: 'NotAuthorizedException' }
      const bens = (await givenTokens(server(), clientId, 'ben')).accessToken
      const other = await givenAna({ pool: named })
      const elsewhere = (await givenTokens(server(), other.clientId, 'ana')).accessToken
      const { idToken } = await givenTokens(server(), clientId, 'ana')
      for (const ACCESS_TOKEN of [bens, elsewhere, idToken, 'made-up']) {
        await assert.rejects(target(clientId, 'bronze', { ACCESS_TOKEN }), refused)
      }
    })

    it('rejects unknown levels, ACCESS_TOKEN or MAX_AGE without a level, and a MAX_AGE that is not a number', async () => {
      const { clientId } = await givenAna({ pool: named })
      await assert.rejects(target(clientId, `${loa(1)} nonsense`), invalid)
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      await assert.rejects(startChoice(server(), clientId, 'ana', { ACCESS_TOKEN: accessToken }), invalid)
      await assert.rejects(startChoice(server(), clientId, 'ana', { MAX_AGE: '60' }), invalid)
      await assert.rejects(target(clientId, 'bronze', { MAX_AGE: 'an hour' }), invalid)
      assert.equal(assuranceIn(await target(clientId, 'bronze', byPassword)).acr, 'bronze')
    })

    it('does not reveal which users exist: of unknown names, too, some reach level 4 and others do not', async () => {
      const client = { PreventUserExistenceErrors: 'ENABLED' as const }
      const { poolId, clientId } = await givenAna({ client }, ['totp'])
      const outcomes = new Set<string>()
      // Among so many names, some decoys have an authenticator app and some have none, almost certainly.
      for (let index = 0; index < 60; index++) {
        const outcome = startChoice(server(), clientId, `nobody-${index}`, { TARGET_ACR_VALUES: loa(4) })
        outcomes.add(
          await outcome.then(
            ({ AvailableChallenges }) => `${AvailableChallenges}`,
            ({ name }) => name as string,
          ),
        )
      }
      assert.deepEqual(outcomes, new Set([passwords.join(), 'NotAuthorizedException']))
      assert.deepEqual(await sentTo(server(), poolId), [])
    })
  })
}

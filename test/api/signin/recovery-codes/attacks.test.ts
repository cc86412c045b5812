import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminSetUserPasswordCommand } from '@aws-sdk/client-cognito-identity-provider'
import { choose, findDecoyLike, givenChoicePool, startBy, startChoice } from '../../../support/choice.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { challengeAfterPassword, failUntilLocked, giveAttributes, prefer, registerApp, respond, setMfa } from '../../../support/mfa.ts'
import { anaEmail } from '../../../support/notices.ts'
import {
  createCodes,
  givenCodes,
  givenRecoveryPool,
  nobodysCode,
  recover,
  setRecoveryCodes,
  signInByCode,
  statusOf,
  wrongCode,
} from '../../../support/recovery-codes.ts'
import { sentTo } from '../../../support/self-service.ts'
import { givenTokens, givenUser, goodPassword } from '../../../support/sign-in.ts'
import { answerCustom, customClient, type result, riddles, say, startCustom } from '../../../support/sign-in-triggers.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../../support/trigger-endpoint.ts'
import { signedOperations } from '../../audit/audited-calls.ts'

const endpoint = await openTriggerEndpoint()
const phone = '+15551234444'
const notHere = {
  name: 'InvalidParameterException',
  message: 'RECOVERY_CODE cannot answer this challenge: it stands in for a second factor that was set up earlier.',
}
const locked = { name: 'NotAuthorizedException', message: 'Attempt limit exceeded, please try after some time.' }
const invalid = { name: 'NotAuthorizedException', message: 'Invalid session for the user.' }

for (const engine of engines) {
  describe(`Attacks with recovery codes on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: endpoint.flags })
    const left = async (poolId: string, username = 'ana') => (await statusOf(server(), poolId, username)).Remaining

    it('fail with the code of another user, of another pool and of an earlier sign-in, and with other texts', async () => {
      const ids = await givenRecoveryPool(server())
      const { codes } = await givenCodes(server(), ids)
      const bens = await givenCodes(server(), ids, 'ben')
      const elsewhere = await givenCodes(server(), await givenRecoveryPool(server()))
      const code = codes[0] ?? ''
      await signInByCode(server(), ids.clientId, code)
      const texts = [bens.codes[0], elsewhere.codes[0], code, 'a'.repeat(100_000), '⁰0000-00000', "' OR '1'='1", ' ', codes.join(' ')]
      for (const text of texts) {
        await assert.rejects(signInByCode(server(), ids.clientId, text ?? ''), wrongCode, String(text).slice(0, 20))
        server().clock.advance(3_600_000)
      }
      assert.deepEqual([await left(ids.poolId), await left(ids.poolId, 'ben'), await left(elsewhere.poolId)], [9, 10, 10])
    })

    it('fail with the Session of another user', async () => {
      const ids = await givenRecoveryPool(server())
      const { codes } = await givenCodes(server(), ids)
      await givenCodes(server(), ids, 'ben')
      const { session } = await challengeAfterPassword(server(), ids.clientId, 'ben')
      const answer = { name: 'SOFTWARE_TOKEN_MFA', session, code: codes[0] ?? '' } as const
      await assert.rejects(recover(server(), ids.clientId, answer), invalid)
      await assert.rejects(recover(server(), ids.clientId, { ...answer, username: 'ben' }), wrongCode)
      for (const name of ['SMS_MFA', 'EMAIL_OTP', 'SELECT_MFA_TYPE'] as const) {
        await assert.rejects(recover(server(), ids.clientId, { ...answer, name, username: 'ben' }), invalid, name)
      }
    })

    it('get no more guesses than for other codes, whichever challenges they answer', async () => {
      const ids = await givenRecoveryPool(server(), ['totp', 'sms'])
      const { codes, app } = await givenCodes(server(), ids)
      const app1 = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const app2 = await challengeAfterPassword(server(), ids.clientId, 'ana')
      await giveAttributes(server(), ids.poolId, 'ana', { phone_number: phone })
      await prefer(server(), ids.poolId, 'ana', { SMSMfaSettings: { Enabled: true } })
      const select = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const guesses = [
        () => recover(server(), ids.clientId, { name: 'SOFTWARE_TOKEN_MFA', session: app1.session, code: nobodysCode }),
        () => recover(server(), ids.clientId, { name: 'SELECT_MFA_TYPE', session: select.session, code: nobodysCode }),
        () => respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', app2.session, { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: '000000' }),
      ]
      let made = 0
      await failUntilLocked(server(), () => assert.rejects(guesses[made++ % guesses.length]?.() ?? Promise.resolve(), wrongCode))
      const right = { name: 'SELECT_MFA_TYPE', session: select.session, code: codes[0] ?? '' } as const
      await assert.rejects(recover(server(), ids.clientId, right), locked)
      const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      await assert.rejects(respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', app1.session, answer), locked)
      assert.equal(await left(ids.poolId), 10)
      server().clock.advance(17_000)
      assert.ok((await recover(server(), ids.clientId, right)).AuthenticationResult)
      // A right code clears the count, as that of any other second factor does.
      for (let count = 0; count < 4; count++) await assert.rejects(signInByCode(server(), ids.clientId, nobodysCode), wrongCode)
      assert.ok((await signInByCode(server(), ids.clientId, codes[1] ?? '')).AuthenticationResult)
    })

    it('do not learn whether a user has codes: wrong ones are refused and counted in the same way', async () => {
      const ids = await givenRecoveryPool(server())
      const { codes } = await givenCodes(server(), ids, 'with-codes')
      const without = await givenCodes(server(), ids, 'without-codes')
      await callLifeguard(server(), 'AdminDeleteRecoveryCodes', { UserPoolId: ids.poolId, Username: 'without-codes' })
      assert.equal(codes.length, without.codes.length)
      for (const username of ['with-codes', 'without-codes']) {
        const { name = 'SOFTWARE_TOKEN_MFA', session } = await challengeAfterPassword(server(), ids.clientId, username)
        const guess = () => recover(server(), ids.clientId, { name, session, code: nobodysCode, username })
        await failUntilLocked(server(), () => assert.rejects(guess(), wrongCode))
        await assert.rejects(guess(), locked)
        server().clock.advance(3_600_000)
      }
    })

    it('do not get in without the first factor, and do not learn whether a user exists', async () => {
      const client = { PreventUserExistenceErrors: 'ENABLED' as const }
      const ids = await givenChoicePool(server(), ['PASSWORD', 'EMAIL_OTP'], { client })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await setRecoveryCodes(server(), ids.poolId, true)
      const { codes } = await givenCodes(server(), ids)
      await giveAttributes(server(), ids.poolId, 'ana', { email: anaEmail, email_verified: 'true' })
      for (const username of ['ana', await findDecoyLike(server(), ids.clientId, 'ana')]) {
        const { Session } = await startBy(server(), ids.clientId, username, 'EMAIL_OTP')
        const answer = { name: 'EMAIL_OTP', session: Session, code: codes[0] ?? '', username } as const
        await assert.rejects(recover(server(), ids.clientId, answer), invalid, username)
        const RECOVERY_CODE = codes[0] ?? ''
        const more = { RECOVERY_CODE, PASSWORD: 'Wrong-horse-7' }
        const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
        await assert.rejects(choose(server(), ids.clientId, username, Session, 'PASSWORD', more), wrong, username)
      }
      assert.equal(await left(ids.poolId), 10)
    })

    it('do not skip the set-up of a second factor, nor the proof of a new address', async () => {
      const ids = await givenRecoveryPool(server(), ['totp', 'email'])
      const { codes } = await givenCodes(server(), ids)
      await givenUser(server(), ids.poolId, 'ben')
      await setMfa(server(), ids.poolId, 'ON', ['totp', 'email'])
      const { name, session } = await challengeAfterPassword(server(), ids.clientId, 'ben')
      assert.equal(name, 'MFA_SETUP')
      const code = codes[0] ?? ''
      const setup = { name: 'MFA_SETUP', session, code, username: 'ben' } as const
      await assert.rejects(recover(server(), ids.clientId, setup), { name: 'SoftwareTokenMFANotFoundException' })
      const next = await respond(server(), ids.clientId, 'MFA_SETUP', session, { USERNAME: 'ben', EMAIL: 'ben@example.test' })
      assert.equal(next.ChallengeName, 'EMAIL_OTP')
      const proof = { name: 'EMAIL_OTP', session: next.Session, code, username: 'ben' } as const
      await assert.rejects(recover(server(), ids.clientId, proof), notHere)
      assert.deepEqual(await sentTo(server(), ids.poolId), ['mfa ben@example.test'])
    })

    it('do not step up to a level of assurance', async () => {
      const ids = await givenChoicePool(server(), ['PASSWORD'])
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await setRecoveryCodes(server(), ids.poolId, true)
      await givenUser(server(), ids.poolId, 'ana')
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      await registerApp(server(), accessToken)
      await prefer(server(), ids.poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      const [code = '', other = ''] = await createCodes(server(), accessToken)
      const password = { PREFERRED_CHALLENGE: 'PASSWORD', PASSWORD: goodPassword }
      const asked = await startChoice(server(), ids.clientId, 'ana', { TARGET_ACR_VALUES: 'urn:cognito:loa:4', ...password })
      assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const answer = { name: 'SOFTWARE_TOKEN_MFA', session: asked.Session, code } as const
      await assert.rejects(recover(server(), ids.clientId, answer), notHere)
      // Without a level to reach, and with one that the password has reached, the code is accepted.
      const low = await startChoice(server(), ids.clientId, 'ana', { TARGET_ACR_VALUES: 'urn:cognito:loa:1', ...password })
      const { AuthenticationResult } = await recover(server(), ids.clientId, { ...answer, session: low.Session })
      assert.ok(AuthenticationResult?.AccessToken)
      const again = { TARGET_ACR_VALUES: 'urn:cognito:loa:4', ACCESS_TOKEN: AuthenticationResult.AccessToken }
      const stepUp = await startChoice(server(), ids.clientId, 'ana', again)
      const upward = recover(server(), ids.clientId, { name: 'SOFTWARE_TOKEN_MFA', session: stepUp.Session, code: other })
      await assert.rejects(upward, notHere)
      assert.equal(await left(ids.poolId), 9)
    })

    it('do not answer what trigger functions ask for before anything is proven', async () => {
      const order: string[] = []
      const { lambdaConfig: LambdaConfig } = endpoint.given({
        ...riddles(),
        DefineAuthChallenge(event: TriggerEvent) {
          const passed = (event.request.session as ReturnType<typeof result>[]).map(({ challengeName }) => challengeName)
          const next = order[passed.length]
          return say(event, next === undefined ? { issueTokens: true } : { challengeName: next })
        },
      })
      const ids = await givenRecoveryPool(server(), ['totp'], { pool: { LambdaConfig }, client: customClient })
      const { codes } = await givenCodes(server(), ids)
      const answer = (Session: string | undefined) => ({ name: 'SOFTWARE_TOKEN_MFA', session: Session, code: codes[0] ?? '' }) as const
      order.splice(0, 2, 'SOFTWARE_TOKEN_MFA')
      const first = await startCustom(server(), ids.clientId, 'ana')
      await assert.rejects(recover(server(), ids.clientId, answer(first.Session)), notHere)
      order.splice(0, 2, 'CUSTOM_CHALLENGE', 'SOFTWARE_TOKEN_MFA')
      const second = await answerCustom(server(), ids.clientId, await startCustom(server(), ids.clientId, 'ana'), 'blue')
      assert.equal(second.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      await assert.rejects(recover(server(), ids.clientId, answer(second.Session)), notHere)
      assert.equal(await left(ids.poolId), 10)
    })

    it('cannot bring two answers at once', async () => {
      const ids = await givenRecoveryPool(server())
      const { codes, app } = await givenCodes(server(), ids)
      const { session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const both = { USERNAME: 'ana', RECOVERY_CODE: codes[0] ?? '', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const message = 'Give either RECOVERY_CODE or SOFTWARE_TOKEN_MFA_CODE, and not both.'
      await assert.rejects(respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', session, both), { message })
      const empty = { USERNAME: 'ana', RECOVERY_CODE: '' }
      const missing = { message: 'Missing required parameter RECOVERY_CODE' }
      await assert.rejects(respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', session, empty), missing)
      assert.equal(await left(ids.poolId), 10)
    })

    it('cannot be made without end: five times an hour for each user', async () => {
      const ids = await givenRecoveryPool(server())
      const ana = await givenCodes(server(), ids)
      const bens = await givenCodes(server(), ids, 'ben')
      let { codes }: { readonly codes: readonly string[] } = ana
      for (let count = 1; count < 5; count++) codes = await createCodes(server(), ana.accessToken)
      const tooMany = { name: 'LimitExceededException', message: 'Attempt limit exceeded, please try after some time.' }
      await assert.rejects(createCodes(server(), ana.accessToken), tooMany)
      await createCodes(server(), bens.accessToken)
      server().clock.advance(3_600_000)
      // The refused call has changed nothing.
      const { AuthenticationResult } = await signInByCode(server(), ids.clientId, codes[0] ?? '')
      await createCodes(server(), AuthenticationResult?.AccessToken ?? '')
    })

    it('cannot be made for another user: only the access token names one', async () => {
      const ids = await givenRecoveryPool(server())
      await givenCodes(server(), ids)
      const bens = await givenCodes(server(), ids, 'ben')
      const anas = { AccessToken: bens.accessToken, Username: 'ana' }
      await assert.rejects(callLifeguard(server(), 'CreateRecoveryCodes', anas), { name: 'InvalidParameterException' })
      assert.ok(
        (await signInByCode(server(), ids.clientId, (await createCodes(server(), bens.accessToken))[0] ?? '', 'ben')).AuthenticationResult,
      )
      for (const AccessToken of ['x', `${bens.accessToken}x`]) {
        await assert.rejects(callLifeguard(server(), 'CreateRecoveryCodes', { AccessToken }), { name: 'NotAuthorizedException' })
      }
      const names = signedOperations.map(({ name }) => name).filter((name) => name.includes('RecoveryCode'))
      assert.deepEqual(names.sort(), ['AdminDeleteRecoveryCodes', 'AdminGetRecoveryCodeStatus'])
    })

    it('fail after the password was changed, since the Session of before is void', async () => {
      const ids = await givenRecoveryPool(server())
      const { codes } = await givenCodes(server(), ids)
      const { name = 'SOFTWARE_TOKEN_MFA', session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const change = { UserPoolId: ids.poolId, Username: 'ana', Password: 'Another-horse-8', Permanent: true }
      await server().send(new AdminSetUserPasswordCommand(change))
      await assert.rejects(recover(server(), ids.clientId, { name, session, code: codes[0] ?? '' }), invalid)
      assert.equal(await left(ids.poolId), 10)
    })
  })
}

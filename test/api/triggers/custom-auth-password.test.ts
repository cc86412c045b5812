import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AdminCreateUserCommand,
  AssociateSoftwareTokenCommand,
  VerifySoftwareTokenCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { power } from '../../base/srp/reference-client.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { engines } from '../../support/engines.ts'
import { appOf, givenAppUser, prefer, respond, setMfa } from '../../support/mfa.ts'
import { rawCall } from '../../support/raw-call.ts'
import { attributeList, codeSentTo, sentTo } from '../../support/self-service.ts'
import { answerSrp, givenUser, goodPassword, signInByPassword, srpResponses, srpTimestamp } from '../../support/sign-in.ts'
import {
  answerCustom,
  create,
  customClient,
  define,
  givenPoolWith,
  result,
  riddles,
  say,
  startCustom,
  verify,
} from '../../support/sign-in-triggers.ts'
import { answerDevicePassword, answerDeviceSrp, confirmOffered } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint, type TriggerEvent } from '../../support/trigger-endpoint.ts'

const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
const srpA = result('SRP_A')
const password = result('PASSWORD_VERIFIER')

/** Trigger functions that issue the challenges in `names` one after another, and tokens after the user has passed all of them. */
function inOrder(...names: string[]) {
  const indexOfNext = (event: TriggerEvent) =>
    event.request.session.filter(({ challengeName }: { challengeName: string }) => names.includes(challengeName)).length
  return {
    ...riddles(),
    DefineAuthChallenge(event: TriggerEvent) {
      const challengeName = names[indexOfNext(event)]
      return say(event, challengeName === undefined ? { issueTokens: true } : { challengeName })
    },
  }
}

for (const engine of engines) {
  describe(`CUSTOM_AUTH with other challenges on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: endpoint.flags })

    async function given(names: string[], pool: object = {}) {
      const triggers = endpoint.given(inOrder(...names))
      const ids = await givenPoolWith(server(), triggers, { pool, client: customClient })
      const attributes = attributeList({ email: 'ana@example.test', email_verified: 'true' })
      return { ...ids, ...(await givenUser(server(), ids.poolId, 'ana', { attributes })), triggers }
    }

    async function startWithSrp(clientId: string, username: string, more: Record<string, string> = {}) {
      const a = BigInt(`0x${randomBytes(64).toString('hex')}`)
      const challenge = await startCustom(server(), clientId, username, {
        CHALLENGE_NAME: 'SRP_A',
        SRP_A: power(2n, a).toString(16),
        ...more,
      })
      return { a, challenge }
    }

    async function provePassword(
      ids: { poolId: string; clientId: string },
      username: string,
      more: Record<string, string> = {},
      typed = goodPassword,
    ) {
      const { a, challenge } = await startWithSrp(ids.clientId, username)
      assert.equal(challenge.ChallengeName, 'PASSWORD_VERIFIER')
      return answerSrp(server(), ids.clientId, {
        ...srpResponses(ids.poolId, typed, a, challenge, srpTimestamp(server().clock.now())),
        ...more,
      })
    }

    it('lets the functions ask for the password first, and for a custom challenge afterwards', async () => {
      const at = await given(['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'])
      const issued = await provePassword(at, 'ana')
      assert.equal(issued.ChallengeName, 'CUSTOM_CHALLENGE')
      assert.ok((await answerCustom(server(), at.clientId, issued, 'blue')).AuthenticationResult)
      assert.deepEqual(at.triggers.fired, [define, define, create, verify, define])
      const [first, second, , , last] = at.triggers.events.map(({ request }) => request.session)
      assert.deepEqual(first, [srpA])
      assert.deepEqual(second, [srpA, password])
      assert.deepEqual(last, [srpA, password, result('CUSTOM_CHALLENGE', true, 'RIDDLE-3')])
    })

    it('leaves only one auth event for a sign-in by password and custom challenge', async () => {
      const at = await given(['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'], { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } })
      const issued = await provePassword(at, 'ana')
      assert.ok((await answerCustom(server(), at.clientId, issued, 'blue')).AuthenticationResult)
      const events = await eventsOf(server(), at.poolId)
      assert.deepEqual(
        events.map(({ EventType, EventResponse }) => [EventType, EventResponse]),
        [['SignIn', 'Pass']],
      )
    })

    it('leaves an auth event for each wrong password in answer to one challenge, even if the right one follows', async () => {
      const at = await given(['PASSWORD_VERIFIER'], { UserPoolAddOns: { AdvancedSecurityMode: 'AUDIT' } })
      const { a, challenge } = await startWithSrp(at.clientId, 'ana')
      const answer = (typed: string) =>
        answerSrp(server(), at.clientId, srpResponses(at.poolId, typed, a, challenge, srpTimestamp(server().clock.now())))
      for (const typed of ['Wrong-horse-7', 'Wrong-horse-8', 'Wrong-horse-9']) await assert.rejects(answer(typed), wrong)
      assert.ok((await answer(goodPassword)).AuthenticationResult)
      const events = await eventsOf(server(), at.poolId)
      assert.deepEqual(events.map(({ EventResponse }) => EventResponse).sort(), ['Fail', 'Fail', 'Fail', 'Pass'])
    })

    it('rejects a wrong password without another call of the functions, and locks the user after five, as other flows do', async () => {
      const at = await given(['PASSWORD_VERIFIER'])
      const stages = [...Array(5).fill(wrong), { name: 'NotAuthorizedException', message: 'Password attempts exceeded' }]
      for (const refusal of stages) await assert.rejects(provePassword(at, 'ana', {}, 'Wrong-horse-7'), refusal)
      assert.deepEqual(new Set(at.triggers.events.map(({ request }) => request.session.length)), new Set([1]))
      await assert.rejects(provePassword(at, 'nobody'), { name: /UserNotFoundException|NotAuthorizedException/ })
    })

    it('still sends a second-factor code after a password, however many codes were requested without a password', async () => {
      const at = await given(['EMAIL_OTP'])
      await setMfa(server(), at.poolId, 'OPTIONAL', ['email'])
      await prefer(server(), at.poolId, 'ana', { EmailMfaSettings: { Enabled: true } })
      for (let issued = 0; issued < 20; issued++) await startCustom(server(), at.clientId, 'ana')
      await assert.rejects(startCustom(server(), at.clientId, 'ana'), { name: 'TooManyRequestsException' })
      assert.equal((await signInByPassword(server(), at.clientId, 'ana')).ChallengeName, 'EMAIL_OTP')
    })

    it('lets the functions skip the password in a sign-in that starts with SRP_A', async () => {
      const { clientId } = await given(['CUSTOM_CHALLENGE'])
      const { challenge } = await startWithSrp(clientId, 'ana')
      assert.ok((await answerCustom(server(), clientId, challenge, 'blue')).AuthenticationResult)
    })

    it('requires a new password in place of a temporary one before the functions continue', async () => {
      const at = await given(['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'])
      const request = { UserPoolId: at.poolId, Username: 'new', TemporaryPassword: goodPassword, MessageAction: 'SUPPRESS' } as const
      await server().send(new AdminCreateUserCommand(request))
      const { ChallengeName, Session } = await provePassword(at, 'new')
      assert.equal(ChallengeName, 'NEW_PASSWORD_REQUIRED')
      const responses = { USERNAME: 'new', NEW_PASSWORD: 'Another-horse-8' }
      const issued = await respond(server(), at.clientId, 'NEW_PASSWORD_REQUIRED', Session, responses)
      assert.equal(issued.ChallengeName, 'CUSTOM_CHALLENGE')
      assert.deepEqual(at.triggers.events.at(-1)?.request.session, [srpA, password, result('NEW_PASSWORD_REQUIRED')])
      assert.ok((await answerCustom(server(), at.clientId, issued, 'blue')).AuthenticationResult)
    })

    it('requires the MFA of the pool after a password, and skips it in a sign-in without a password', async () => {
      const at = await given(['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'])
      await setMfa(server(), at.poolId, 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), at, 'eva')
      const { ChallengeName, Session } = await provePassword(at, 'eva')
      assert.equal(ChallengeName, 'SOFTWARE_TOKEN_MFA')
      assert.deepEqual(at.triggers.fired, [define])
      const issued = await respond(server(), at.clientId, 'SOFTWARE_TOKEN_MFA', Session, {
        USERNAME: 'eva',
        SOFTWARE_TOKEN_MFA_CODE: app.code(),
      })
      assert.deepEqual(at.triggers.events[1]?.request.session, [srpA, password, result('SOFTWARE_TOKEN_MFA')])
      assert.ok((await answerCustom(server(), at.clientId, issued, 'blue')).AuthenticationResult)

      const plain = await given(['CUSTOM_CHALLENGE'])
      await setMfa(server(), plain.poolId, 'ON', ['totp'])
      const riddle = await startCustom(server(), plain.clientId, 'ana')
      assert.ok((await answerCustom(server(), plain.clientId, riddle, 'blue')).AuthenticationResult)
    })

    it('leaves MFA to the functions in a pool whose MfaAfterPassword is SKIPPED', async () => {
      const at = await given(['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'])
      await setMfa(server(), at.poolId, 'OPTIONAL', ['totp'])
      await givenAppUser(server(), at, 'eva')
      const CustomAuth = { MfaAfterPassword: 'SKIPPED' }
      const set = await rawCall(server(), 'LifeguardService.SetUserPoolExtensions', { UserPoolId: at.poolId, CustomAuth })
      assert.equal(set.status, 200)
      assert.equal((await provePassword(at, 'eva')).ChallengeName, 'CUSTOM_CHALLENGE')
    })

    it('calls the functions again after the user has set up a second factor', async () => {
      const at = await given(['PASSWORD_VERIFIER', 'CUSTOM_CHALLENGE'])
      await setMfa(server(), at.poolId, 'ON', ['totp'])
      const { ChallengeName, Session } = await provePassword(at, 'ana')
      assert.equal(ChallengeName, 'MFA_SETUP')
      const setup = await server().send(new AssociateSoftwareTokenCommand({ Session }))
      const UserCode = appOf(server(), setup.SecretCode ?? '').code()
      const verified = await server().send(new VerifySoftwareTokenCommand({ Session: setup.Session, UserCode }))
      const issued = await respond(server(), at.clientId, 'MFA_SETUP', verified.Session, { USERNAME: 'ana' })
      assert.equal(issued.ChallengeName, 'CUSTOM_CHALLENGE')
      assert.deepEqual(at.triggers.events.at(-1)?.request.session, [srpA, password, result('MFA_SETUP')])
    })

    it('sends a code if a function asks for one, and passes the result to the functions; fails if the user lacks a factor that they ask for', async () => {
      const at = await given(['EMAIL_OTP', 'SOFTWARE_TOKEN_MFA', 'CUSTOM_CHALLENGE'])
      await setMfa(server(), at.poolId, 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), at, 'eva')
      await assert.rejects(startCustom(server(), at.clientId, 'eva'), wrong)
      const noApp = await startCustom(server(), at.clientId, 'ana')
      assert.equal(noApp.ChallengeName, 'EMAIL_OTP')
      assert.deepEqual(await sentTo(server(), at.poolId), ['mfa ana@example.test'])
      const code = await codeSentTo(server(), at.poolId, 'ana@example.test')
      const responses = { USERNAME: 'ana', EMAIL_OTP_CODE: code }
      const answered = respond(server(), at.clientId, 'EMAIL_OTP', noApp.Session, responses)
      await assert.rejects(answered, wrong, 'the user has no authenticator app')
      assert.deepEqual(at.triggers.events.at(-1)?.request.session, [result('EMAIL_OTP')])
      assert.ok(app)
    })

    it('can consist of an authenticator app alone', async () => {
      const at = await given(['SOFTWARE_TOKEN_MFA'])
      await setMfa(server(), at.poolId, 'OPTIONAL', ['totp'])
      const app = await givenAppUser(server(), at, 'eva')
      const { Session } = await startCustom(server(), at.clientId, 'eva')
      const answer = (code: string) =>
        respond(server(), at.clientId, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'eva', SOFTWARE_TOKEN_MFA_CODE: code })
      await assert.rejects(answer(app.code(50)), { name: 'CodeMismatchException' })
      assert.ok((await answer(app.code())).AuthenticationResult)
      assert.deepEqual(
        at.triggers.events.map(({ request }) => request.session),
        [[], [result('SOFTWARE_TOKEN_MFA')]],
      )
      await assert.rejects(answer(app.code(1)), { name: 'NotAuthorizedException', message: /can only be used once/ })
    })

    it('accepts the proof of a remembered device; the sign-in fails if a function asks for DEVICE_PASSWORD_VERIFIER', async () => {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
      const at = await given(['CUSTOM_CHALLENGE', 'DEVICE_PASSWORD_VERIFIER'], { DeviceConfiguration })
      const riddle = await startCustom(server(), at.clientId, 'ana')
      // DEVICE_PASSWORD_VERIFIER is the second half of a device's proof. A function may ask only for the first half, DEVICE_SRP_AUTH.
      await assert.rejects(answerCustom(server(), at.clientId, riddle, 'blue'), { name: 'InvalidLambdaResponseException' })

      const devices = await given(['DEVICE_SRP_AUTH'], { DeviceConfiguration })
      let isKnown = false
      const triggers = endpoint.given({
        DefineAuthChallenge: (event) =>
          say(event, isKnown && event.request.session.length === 0 ? { challengeName: 'DEVICE_SRP_AUTH' } : { issueTokens: true }),
      })
      const ids = await givenPoolWith(server(), triggers, { pool: { DeviceConfiguration }, client: customClient })
      await givenUser(server(), ids.poolId, 'ana')
      const first = await startCustom(server(), ids.clientId, 'ana')
      const { device } = await confirmOffered(server(), first.AuthenticationResult ?? {})
      isKnown = true
      const issued = await startCustom(server(), ids.clientId, 'ana', { DEVICE_KEY: device.key })
      assert.equal(issued.ChallengeName, 'DEVICE_SRP_AUTH')
      const proven = await answerDevicePassword(
        server(),
        ids.clientId,
        await answerDeviceSrp(server(), ids.clientId, issued, device),
        device,
      )
      assert.ok(proven.AuthenticationResult)
      assert.deepEqual(triggers.events.at(-1)?.request.session, [result('DEVICE_PASSWORD_VERIFIER')])
      await assert.rejects(startCustom(server(), devices.clientId, 'ana'), wrong)
    })
  })
}

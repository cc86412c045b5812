import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  AssociateSoftwareTokenCommand,
  type ChallengeNameType,
  CreateUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { power } from '../../base/srp/reference-client.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { startBy } from '../../support/choice.ts'
import { windowsChrome } from '../../support/encoded-data.ts'
import { engines } from '../../support/engines.ts'
import { giveAttributes, registerApp, respond, setMfa } from '../../support/mfa.ts'
import { rawCall } from '../../support/raw-call.ts'
import {
  blocked,
  givenKinds,
  type Mode,
  mailbox,
  riddleAfterPassword,
  riskPool,
  setRisk,
  setThresholds,
  signInFrom,
  takeover,
} from '../../support/risky-sign-ins.ts'
import { codeSentTo, sentTo } from '../../support/self-service.ts'
import {
  answerSrp,
  givenTokens,
  givenUser,
  goodPassword,
  signInByPassword,
  srpResponses,
  srpTimestamp,
  startSrp,
} from '../../support/sign-in.ts'
import { answerCustom, givenPoolWith, startCustom } from '../../support/sign-in-triggers.ts'
import { answerDevicePassword, answerDeviceSrp, confirmOffered, signInOnDevice } from '../../support/software-device.ts'
import { useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const user = 'with-registered-app'
const invalid = { name: 'NotAuthorizedException' }
/** The answer has another challenge, so it is refused as one, or because a parameter of that challenge is missing. */
const refusedAnswer = { name: /^(NotAuthorized|InvalidParameter|CodeMismatch)Exception$/ }
const everyLevel = (action: 'BLOCK' | 'MFA_REQUIRED' | 'NO_ACTION') => takeover({ Low: action, Medium: action, High: action })

for (const engine of engines) {
  describe(`Attacks on the assessment of risks on ${engine.name}`, async () => {
    const endpoint = await openTriggerEndpoint()
    const server = useTestServer(engine, { flags: [...endpoint.flags, '--trust-proxy', '1'] })

    /** A pool in which each sign-in of a user with a history gets the action. */
    async function given(action: 'BLOCK' | 'MFA_REQUIRED', options: { mode?: Mode; mfa?: 'OPTIONAL' | 'ON' } = {}) {
      const triggers = endpoint.given(riddleAfterPassword)
      const pool = riskPool({ customMode: 'ENFORCED', mode: options.mode ?? 'ENFORCED' })
      const ids = await givenPoolWith(server(), triggers, pool)
      const apps = await givenKinds(server(), ids, options.mfa ?? 'OPTIONAL')
      await setRisk(server(), ids.poolId, everyLevel(action))
      await setThresholds(server(), ids.poolId, 'High')
      return { ...ids, app: apps.get(user) ?? assert.fail('no app') }
    }
    const answerApp = (clientId: string, session: string | undefined, code: string, challenge: ChallengeNameType = 'SOFTWARE_TOKEN_MFA') =>
      respond(server(), clientId, challenge, session, { USERNAME: user, SOFTWARE_TOKEN_MFA_CODE: code, ANSWER: 'EMAIL_OTP' })

    it('cannot use the proof of a blocked sign-in a second time, when the risk has gone', async () => {
      const at = await given('BLOCK')
      const { a, challenge } = await startSrp(server(), at.clientId, user)
      const responses = srpResponses(at.poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      await assert.rejects(answerSrp(server(), at.clientId, responses), blocked)
      const riddle = await startCustom(server(), at.clientId, user)
      await assert.rejects(answerCustom(server(), at.clientId, riddle, 'blue'), blocked)
      const passes = async () => (await eventsOf(server(), at.poolId, user)).filter(({ EventResponse }) => EventResponse === 'Pass').length
      const before = await passes()
      await setThresholds(server(), at.poolId, undefined)
      await assert.rejects(answerSrp(server(), at.clientId, responses), invalid)
      await assert.rejects(answerCustom(server(), at.clientId, riddle, 'blue'), invalid)
      assert.equal(await passes(), before)
      assert.ok(await givenTokens(server(), at.clientId, user))
    })

    it('make one event of a blocked sign-in whose proof comes several times at once', async () => {
      const at = await given('BLOCK')
      const { a, challenge } = await startSrp(server(), at.clientId, user)
      const responses = srpResponses(at.poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      const answers = await Promise.allSettled(Array.from({ length: 4 }, () => answerSrp(server(), at.clientId, responses)))
      assert.ok(answers.every(({ status }) => status === 'rejected'))
      const blocks = (await eventsOf(server(), at.poolId, user)).filter(({ EventRisk }) => EventRisk?.RiskDecision === 'Block')
      assert.equal(blocks.length, 1)
    })

    it('cannot leave out the demanded MFA by another challenge, another client, a set-up, or an answer that comes twice', async () => {
      const at = await given('MFA_REQUIRED')
      const asked = await signInByPassword(server(), at.clientId, user)
      assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      server().clock.advance(30_000)
      const code = at.app.code()
      for (const challenge of [
        'SELECT_MFA_TYPE',
        'MFA_SETUP',
        'NEW_PASSWORD_REQUIRED',
        'EMAIL_OTP',
        'SMS_MFA',
        'CUSTOM_CHALLENGE',
      ] as const)
        await assert.rejects(answerApp(at.clientId, asked.Session, code, challenge), refusedAnswer, challenge)
      await assert.rejects(server().send(new AssociateSoftwareTokenCommand({ Session: asked.Session })), invalid)
      const { UserPoolClient } = await server().send(new CreateUserPoolClientCommand({ UserPoolId: at.poolId, ClientName: 'other' }))
      await assert.rejects(answerApp(UserPoolClient?.ClientId ?? '', asked.Session, code), invalid)
      const answers = await Promise.allSettled(Array.from({ length: 4 }, () => answerApp(at.clientId, asked.Session, code)))
      const done = answers.filter((answer) => answer.status === 'fulfilled' && answer.value.AuthenticationResult?.AccessToken)
      assert.equal(done.length, 1)
    })

    it('keep the demand although the risk or the mode has changed since, and when another address answers', async () => {
      const at = await given('MFA_REQUIRED')
      const asked = await signInFrom(server(), at, user, { ip: '84.150.0.1', userAgent: windowsChrome })
      assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      await setRisk(server(), at.poolId, everyLevel('NO_ACTION'))
      await setThresholds(server(), at.poolId, undefined)
      await assert.rejects(answerApp(at.clientId, asked.Session, '000000'), { name: 'CodeMismatchException' })
      server().clock.advance(30_000)
      const ChallengeResponses = { USERNAME: user, SOFTWARE_TOKEN_MFA_CODE: at.app.code() }
      const answer = { ClientId: at.clientId, ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: asked.Session, ChallengeResponses }
      const { status } = await rawCall(server(), 'RespondToAuthChallenge', answer, { 'x-forwarded-for': '8.8.8.8' })
      assert.equal(status, 200)
      const [event] = await eventsOf(server(), at.poolId, user)
      assert.deepEqual([event?.EventResponse, event?.EventRisk?.RiskLevel, event?.EventContextData?.IpAddress], ['Pass', 'High', '8.8.8.8'])
    })

    it('get a choice of the factors that the user has, and of no other', async () => {
      const at = await given('MFA_REQUIRED')
      await giveAttributes(server(), at.poolId, user, { email: mailbox })
      const asked = await signInByPassword(server(), at.clientId, user)
      assert.equal(asked.ChallengeName, 'SELECT_MFA_TYPE')
      assert.equal(asked.ChallengeParameters?.['MFAS_CAN_CHOOSE'], '["SOFTWARE_TOKEN_MFA","EMAIL_OTP"]')
      const select = (ANSWER: string) => respond(server(), at.clientId, 'SELECT_MFA_TYPE', asked.Session, { USERNAME: user, ANSWER })
      await assert.rejects(select('SMS_MFA'), { name: 'InvalidParameterException' })
      const chosen = await select('EMAIL_OTP')
      const EMAIL_OTP_CODE = await codeSentTo(server(), at.poolId, mailbox)
      const done = await respond(server(), at.clientId, 'EMAIL_OTP', chosen.Session, { USERNAME: user, EMAIL_OTP_CODE })
      assert.ok(done.AuthenticationResult?.AccessToken)
      assert.deepEqual(await sentTo(server(), at.poolId), [`mfa ${mailbox}`])
    })

    it('cannot register an app of their own where the only factor of the user is an address that also resets the password', async () => {
      const AccountRecoverySetting = {
        RecoveryMechanisms: [
          { Name: 'verified_email' as const, Priority: 1 },
          { Name: 'verified_phone_number' as const, Priority: 2 },
        ],
      }
      const ids = await server().givenPool(riskPool({ pool: { AccountRecoverySetting } }))
      await givenUser(server(), ids.poolId, 'ana', { attributes: [{ Name: 'email', Value: mailbox }] })
      await givenTokens(server(), ids.clientId, 'ana')
      await setMfa(server(), ids.poolId, 'ON', ['totp', 'email'])
      assert.equal((await signInByPassword(server(), ids.clientId, 'ana')).ChallengeName, 'MFA_SETUP')
      await setThresholds(server(), ids.poolId, 'High')
      await setRisk(server(), ids.poolId, everyLevel('MFA_REQUIRED'))
      const asked = await signInByPassword(server(), ids.clientId, 'ana')
      assert.equal(asked.ChallengeName, 'EMAIL_OTP')
      const EMAIL_OTP_CODE = await codeSentTo(server(), ids.poolId, mailbox)
      const done = await respond(server(), ids.clientId, 'EMAIL_OTP', asked.Session, { USERNAME: 'ana', EMAIL_OTP_CODE })
      assert.ok(done.AuthenticationResult?.AccessToken)
    })

    it('cannot prove the mailbox that was the first factor a second time: only another factor will do, or else the sign-in is blocked', async () => {
      const Policies = { SignInPolicy: { AllowedFirstAuthFactors: ['PASSWORD' as const, 'EMAIL_OTP' as const] } }
      const ids = await server().givenPool(riskPool({ pool: { Policies } }))
      const attributes = [
        { Name: 'email', Value: mailbox },
        { Name: 'email_verified', Value: 'true' },
      ]
      await givenUser(server(), ids.poolId, 'ana', { attributes })
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp', 'email'])
      const { accessToken } = await givenTokens(server(), ids.clientId, 'ana')
      await setThresholds(server(), ids.poolId, 'High')
      await setRisk(server(), ids.poolId, everyLevel('MFA_REQUIRED'))
      const byMailbox = async () => {
        const asked = await startBy(server(), ids.clientId, 'ana', 'EMAIL_OTP')
        const EMAIL_OTP_CODE = await codeSentTo(server(), ids.poolId, mailbox)
        return respond(server(), ids.clientId, 'EMAIL_OTP', asked.Session, { USERNAME: 'ana', EMAIL_OTP_CODE })
      }
      await assert.rejects(byMailbox(), blocked)
      assert.equal((await signInByPassword(server(), ids.clientId, 'ana')).ChallengeName, 'EMAIL_OTP')
      await registerApp(server(), accessToken)
      assert.equal((await byMailbox()).ChallengeName, 'SOFTWARE_TOKEN_MFA')
    })

    it('cannot name the device of a user in place of the demanded MFA, unless they have its secret; BLOCK blocks it as well', async () => {
      const DeviceConfiguration = { ChallengeRequiredOnNewDevice: true, DeviceOnlyRememberedOnUserPrompt: false }
      const ids = await server().givenPool(riskPool({ pool: { DeviceConfiguration } }))
      await setMfa(server(), ids.poolId, 'OPTIONAL', ['totp'])
      await givenUser(server(), ids.poolId, 'ana')
      const { AuthenticationResult = {} } = await signInByPassword(server(), ids.clientId, 'ana')
      const { device } = await confirmOffered(server(), AuthenticationResult)
      await registerApp(server(), AuthenticationResult.AccessToken ?? '')
      await setThresholds(server(), ids.poolId, 'High')
      await setRisk(server(), ids.poolId, everyLevel('MFA_REQUIRED'))
      assert.equal((await signInByPassword(server(), ids.clientId, 'ana')).ChallengeName, 'SOFTWARE_TOKEN_MFA')
      const prove = async (password: string) => {
        const asked = await signInOnDevice(server(), ids.clientId, 'ana', device.key)
        assert.equal(asked.ChallengeName, 'DEVICE_SRP_AUTH')
        const claimed = { ...device, password }
        return answerDevicePassword(server(), ids.clientId, await answerDeviceSrp(server(), ids.clientId, asked, claimed), claimed)
      }
      await assert.rejects(prove('guessed'), invalid)
      assert.ok((await prove(device.password)).AuthenticationResult?.AccessToken)
      await setRisk(server(), ids.poolId, everyLevel('BLOCK'))
      await assert.rejects(signInOnDevice(server(), ids.clientId, 'ana', device.key), blocked)
    })

    it('cannot make a blocked user be locked out, or learn from the refusal whether a wrong password was right', async () => {
      const at = await given('BLOCK')
      for (let count = 0; count < 8; count++) await assert.rejects(signInByPassword(server(), at.clientId, user), blocked)
      const wrong = { name: 'NotAuthorizedException', message: 'Incorrect username or password.' }
      await assert.rejects(signInByPassword(server(), at.clientId, user, 'Wrong-horse-7'), wrong)
      await setRisk(server(), at.poolId, everyLevel('NO_ACTION'))
      assert.ok(await givenTokens(server(), at.clientId, user))
    })

    it('gain nothing by begun sign-ins: an SRP exchange from the address of the user is assessed where the proof comes from', async () => {
      const at = await given('BLOCK')
      const a = BigInt(`0x${randomBytes(64).toString('hex')}`)
      const AuthParameters = { USERNAME: user, SRP_A: power(2n, a).toString(16) }
      const begun = await rawCall(
        server(),
        'InitiateAuth',
        { ClientId: at.clientId, AuthFlow: 'USER_SRP_AUTH', AuthParameters },
        { 'x-forwarded-for': '84.150.0.1' },
      )
      const challenge = { ...begun.body, $metadata: {} } as Parameters<typeof srpResponses>[3]
      const ChallengeResponses = srpResponses(at.poolId, goodPassword, a, challenge, srpTimestamp(server().clock.now()))
      const answer = { ClientId: at.clientId, ChallengeName: 'PASSWORD_VERIFIER', ChallengeResponses }
      const { body } = await rawCall(server(), 'RespondToAuthChallenge', answer, { 'x-forwarded-for': '8.8.8.8' })
      assert.equal(body['message'], blocked.message)
      const [event] = await eventsOf(server(), at.poolId, user)
      assert.deepEqual([event?.EventRisk?.RiskDecision, event?.EventContextData?.IpAddress], ['Block', '8.8.8.8'])
    })
  })
}

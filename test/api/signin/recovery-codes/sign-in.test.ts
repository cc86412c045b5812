import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AdminInitiateAuthCommand } from '@aws-sdk/client-cognito-identity-provider'
import { eventsOf } from '../../../support/auth-events.ts'
import { engines } from '../../../support/engines.ts'
import { callLifeguard } from '../../../support/lifeguard-operations.ts'
import { readMetrics } from '../../../support/metrics.ts'
import { challengeAfterPassword, giveAttributes, prefer, respond } from '../../../support/mfa.ts'
import { anaEmail, enforced, noticeTo, setThreatProtection } from '../../../support/notices.ts'
import { givenCodes, givenRecoveryPool, nobodysCode, recover, signInByCode, statusOf, wrongCode } from '../../../support/recovery-codes.ts'
import { blocked, riskPool, setRisk, setThresholds, takeover } from '../../../support/risky-sign-ins.ts'
import { codeSentTo, sentTo } from '../../../support/self-service.ts'
import { claimsOf, goodPassword, signInBySrp } from '../../../support/sign-in.ts'
import { agree, refuse, refusedBy } from '../../../support/sign-in-triggers.ts'
import { useTestServer } from '../../../support/test-server.ts'
import { refresh } from '../../../support/tokens.ts'
import { type Handler, openTriggerEndpoint } from '../../../support/trigger-endpoint.ts'
import { recordedCalls } from '../../audit/audited-calls.ts'

const endpoint = await openTriggerEndpoint()
const phone = '+15551234444'
const enabled = { Enabled: true }
const preferred = { Enabled: true, PreferredMfa: true }

/** The second factors that a user can be asked for, and the settings that have the sign-in ask for them. */
const asked = [
  { name: 'SOFTWARE_TOKEN_MFA', settings: { SoftwareTokenMfaSettings: preferred }, sent: [] },
  { name: 'SMS_MFA', settings: { SMSMfaSettings: preferred }, sent: [`mfa ${phone}`] },
  { name: 'EMAIL_OTP', settings: { EmailMfaSettings: preferred }, sent: [`mfa ${anaEmail}`] },
  { name: 'SELECT_MFA_TYPE', settings: { SMSMfaSettings: enabled, EmailMfaSettings: enabled }, sent: [] },
] as const

for (const engine of engines) {
  describe(`A sign-in by a recovery code on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: endpoint.flags })
    const { recordOf } = recordedCalls(server)

    for (const { name, settings, sent } of asked) {
      it(`is possible where ${name} is asked for`, async () => {
        const ids = await givenRecoveryPool(server(), ['totp', 'sms', 'email'])
        const { codes } = await givenCodes(server(), ids)
        await giveAttributes(server(), ids.poolId, 'ana', { email: anaEmail, phone_number: phone })
        await prefer(server(), ids.poolId, 'ana', settings)
        const challenge = await challengeAfterPassword(server(), ids.clientId, 'ana')
        assert.equal(challenge.name, name)
        const wrong = recover(server(), ids.clientId, { name, session: challenge.session, code: nobodysCode })
        await assert.rejects(wrong, wrongCode)
        const { AuthenticationResult } = await recover(server(), ids.clientId, { name, session: challenge.session, code: codes[0] ?? '' })
        assert.ok(AuthenticationResult?.RefreshToken)
        assert.deepEqual(await sentTo(server(), ids.poolId), sent)
      })
    }

    it('takes a code as people type it', async () => {
      const ids = await givenRecoveryPool(server())
      const { codes } = await givenCodes(server(), ids)
      const typed = [
        (code: string) => code.replace('-', ''),
        (code: string) => ` ${code.toLowerCase().replace('-', ' ')} `,
        (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
        (code: string) => code.replaceAll('1', 'I').replace('-', ' - '),
      ]
      for (const [index, type] of typed.entries()) {
        const code = type(codes[index] ?? '')
        assert.ok((await signInByCode(server(), ids.clientId, code)).AuthenticationResult?.AccessToken, code)
      }
    })

    it('ends in tokens that say so, and that reach no higher level than the password', async () => {
      const AcrConfiguration = { Level1: { AcrValue: 'bronze' }, Level4: { AcrValue: 'gold' } }
      const ids = await givenRecoveryPool(server(), ['totp'], { pool: { AcrConfiguration } })
      const { codes, app } = await givenCodes(server(), ids)
      const { AuthenticationResult: tokens = {} } = await signInByCode(server(), ids.clientId, codes[0] ?? '')
      const claims = claimsOf(tokens.IdToken ?? '')
      assert.deepEqual([claims['amr'], claims['acr']], [['pwd', 'recovery_code', 'mfa'], 'bronze'])
      const refreshed = await refresh(server(), ids.clientId, tokens.RefreshToken ?? '')
      assert.deepEqual(claimsOf(refreshed.AuthenticationResult?.AccessToken ?? '')['amr'], ['pwd', 'recovery_code', 'mfa'])
      const { name, session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const answer = { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() }
      const usual = await respond(server(), ids.clientId, name ?? 'SOFTWARE_TOKEN_MFA', session, answer)
      assert.equal(claimsOf(usual.AuthenticationResult?.IdToken ?? '')['acr'], 'gold')
    })

    it('calls the same triggers as any other second factor, and spends the code also when one of them refuses', async () => {
      let answer: Handler = agree
      const triggers = endpoint.given({
        PreAuthentication: agree,
        PostAuthentication: (event) => answer(event),
        PreTokenGeneration: agree,
      })
      const ids = await givenRecoveryPool(server(), ['totp'], { pool: { LambdaConfig: triggers.lambdaConfig } })
      const { codes } = await givenCodes(server(), ids)
      triggers.clear()
      await signInByCode(server(), ids.clientId, codes[0] ?? '')
      const fired = ['PreAuthentication_Authentication', 'PostAuthentication_Authentication', 'TokenGeneration_Authentication']
      assert.deepEqual(triggers.fired, fired)
      answer = refuse
      await assert.rejects(signInByCode(server(), ids.clientId, codes[1] ?? ''), refusedBy('PostAuthentication'))
      answer = agree
      await assert.rejects(signInByCode(server(), ids.clientId, codes[1] ?? ''), wrongCode)
      assert.equal((await statusOf(server(), ids.poolId)).Remaining, 8)
    })

    it('is in the history and in the metrics, whether the code is right or wrong', async () => {
      const ids = await givenRecoveryPool(server(), ['totp'], { pool: enforced })
      const { codes } = await givenCodes(server(), ids)
      const steps = async () => (await readMetrics(server().url)).valuesOf('lifeguard_sign_in_steps_total')
      const before = await steps()
      const { session } = await challengeAfterPassword(server(), ids.clientId, 'ana')
      const answer = { name: 'SOFTWARE_TOKEN_MFA', session } as const
      await assert.rejects(recover(server(), ids.clientId, { ...answer, code: nobodysCode }), wrongCode)
      const challengesOf = async () => (await eventsOf(server(), ids.poolId))[0]
      const password = { ChallengeName: 'Password', ChallengeResponse: 'Success' }
      const failed = await challengesOf()
      assert.deepEqual(
        [failed?.EventResponse, failed?.ChallengeResponses],
        ['Fail', [password, { ChallengeName: 'Mfa', ChallengeResponse: 'Failure' }]],
      )
      await recover(server(), ids.clientId, { ...answer, code: codes[0] ?? '' })
      const passed = await challengesOf()
      assert.deepEqual(
        [passed?.EventResponse, passed?.ChallengeResponses],
        ['Pass', [password, { ChallengeName: 'Mfa', ChallengeResponse: 'Success' }]],
      )
      const after = await steps()
      const grown = Object.keys(after).filter((labels) => labels.includes('RECOVERY_CODE') && after[labels] !== before[labels])
      assert.deepEqual(grown.sort(), ['step=RECOVERY_CODE outcome=CodeMismatchException', 'step=RECOVERY_CODE outcome=signed-in'])
    })

    it('is told to the user, with the number of codes that are left', async () => {
      const ids = await givenRecoveryPool(server(), ['totp'], { pool: enforced })
      await setThreatProtection(server(), ids.poolId, { AccountNotices: ['RECOVERY_CODE'] })
      const { codes } = await givenCodes(server(), ids)
      await giveAttributes(server(), ids.poolId, 'ana', { email: anaEmail, email_verified: 'true' })
      await signInByCode(server(), ids.clientId, codes[0] ?? '')
      const notice = await noticeTo(server(), ids.poolId)
      assert.equal(notice.subject, 'A recovery code was used')
      assert.match(
        notice.text ?? '',
        /^Hello ana,\n\nA recovery code was used to sign in to your account on .+ UTC\. Codes that are left: 9\./,
      )
      assert.deepEqual(await sentTo(server(), ids.poolId), [`account-notice ${anaEmail}`])

      const texts = { RecoveryCodeUsedEmail: '<p>{username}: noch {codes-left}</p>', RecoveryCodeUsedEmailSubject: 'Code benutzt' }
      await callLifeguard(server(), 'SetUserPoolExtensions', { UserPoolId: ids.poolId, Messages: { Templates: { de: texts } } })
      await giveAttributes(server(), ids.poolId, 'ana', { locale: 'de' })
      await signInByCode(server(), ids.clientId, codes[1] ?? '')
      const own = await noticeTo(server(), ids.poolId)
      assert.deepEqual([own.subject, own.text?.trim()], ['Code benutzt', 'ana: noch 8'])
    })

    it('is possible through the admin API, which records it', async () => {
      const flows = ['ALLOW_ADMIN_USER_PASSWORD_AUTH' as const, 'ALLOW_USER_PASSWORD_AUTH' as const]
      const ids = await givenRecoveryPool(server(), ['totp'], { client: { ExplicitAuthFlows: flows } })
      const { codes } = await givenCodes(server(), ids)
      const client = { UserPoolId: ids.poolId, ClientId: ids.clientId }
      const AuthParameters = { USERNAME: 'ana', PASSWORD: goodPassword }
      const begun = await server().send(new AdminInitiateAuthCommand({ ...client, AuthFlow: 'ADMIN_USER_PASSWORD_AUTH', AuthParameters }))
      const ChallengeResponses = { USERNAME: 'ana', RECOVERY_CODE: codes[0] ?? '' }
      const answer = { ...client, ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: begun.Session, ChallengeResponses }
      const { text } = await recordOf('AdminRespondToAuthChallenge', answer)
      assert.ok(!text.includes(codes[0] ?? ''))
      const { Records } = await callLifeguard(server(), 'ListAuditRecords', { UserPoolId: ids.poolId })
      const details = (Records as { Detail?: string }[]).map(({ Detail }) => Detail)
      assert.ok(details.includes('SOFTWARE_TOKEN_MFA: a recovery code was used; codes left: 9'), JSON.stringify(details))
      const user = { UserPoolId: ids.poolId, Username: 'ana' }
      for (const changed of [['RecoveryCodes'], []]) {
        assert.deepEqual((await recordOf('LifeguardService.AdminDeleteRecoveryCodes', user)).facts.ChangedMembers, changed)
      }
      assert.deepEqual(await statusOf(server(), ids.poolId), { Remaining: 0 })
    })

    it('counts as the second factor that a risky sign-in demands, and does not help where the sign-in is blocked', async () => {
      const ids = await givenRecoveryPool(server(), ['totp'], riskPool())
      const { codes } = await givenCodes(server(), ids)
      await signInByCode(server(), ids.clientId, codes[0] ?? '')
      await setThresholds(server(), ids.poolId, 'Low')
      await setRisk(server(), ids.poolId, takeover({ Low: 'MFA_REQUIRED' }))
      assert.ok((await signInByCode(server(), ids.clientId, codes[1] ?? '')).AuthenticationResult)
      const [event] = await eventsOf(server(), ids.poolId)
      assert.deepEqual([event?.EventResponse, event?.EventRisk?.RiskDecision], ['Pass', 'AccountTakeover'])
      await setRisk(server(), ids.poolId, takeover({ Low: 'BLOCK' }))
      await assert.rejects(signInByCode(server(), ids.clientId, codes[2] ?? ''), blocked)
      assert.equal((await statusOf(server(), ids.poolId)).Remaining, 8)
    })

    it('leaves the other challenges of the user valid: only its own Session is consumed', async () => {
      const ids = await givenRecoveryPool(server(), ['totp', 'sms'])
      const { codes, app } = await givenCodes(server(), ids)
      await giveAttributes(server(), ids.poolId, 'ana', { phone_number: phone })
      await prefer(server(), ids.poolId, 'ana', { SMSMfaSettings: preferred })
      const sms = await signInBySrp(server(), ids, 'ana')
      assert.equal(sms.ChallengeName, 'SMS_MFA')
      const code = await codeSentTo(server(), ids.poolId, phone)
      await prefer(server(), ids.poolId, 'ana', { SoftwareTokenMfaSettings: preferred })
      const first = await challengeAfterPassword(server(), ids.clientId, 'ana')
      await recover(server(), ids.clientId, { name: 'SOFTWARE_TOKEN_MFA', session: first.session, code: codes[0] ?? '' })
      const used = respond(server(), ids.clientId, 'SOFTWARE_TOKEN_MFA', first.session, {
        USERNAME: 'ana',
        SOFTWARE_TOKEN_MFA_CODE: app.code(),
      })
      await assert.rejects(used, { message: 'Invalid session for the user, session can only be used once.' })
      assert.ok(
        (await respond(server(), ids.clientId, 'SMS_MFA', sms.Session, { USERNAME: 'ana', SMS_MFA_CODE: code })).AuthenticationResult,
      )
    })
  })
}

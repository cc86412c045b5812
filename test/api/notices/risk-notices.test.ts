import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CreateUserPoolDomainCommand,
  type NotifyConfigurationType,
  UpdateAuthEventFeedbackCommand,
} from '@aws-sdk/client-cognito-identity-provider'
import { createSecrets } from '../../../src/base/secrets.ts'
import type { QueuedMessage } from '../../../src/messaging/message.ts'
import { openMessage } from '../../../src/messaging/outbox.ts'
import { openStorage } from '../../../src/storage/open-storage.ts'
import { eventsOf } from '../../support/auth-events.ts'
import { openCodeKeyFile } from '../../support/code-keys.ts'
import { engines } from '../../support/engines.ts'
import { callLifeguard } from '../../support/lifeguard-operations.ts'
import { type App, prefer, registerApp, respond, setMfa } from '../../support/mfa.ts'
import { anaEmail, givenRiskyPool, noticeTo, setTakeover } from '../../support/notices.ts'
import { callback } from '../../support/oauth.ts'
import { messagesOf, sentTo } from '../../support/self-service.ts'
import { givenTokens, givenUser, signInByPassword } from '../../support/sign-in.ts'
import { agree } from '../../support/sign-in-triggers.ts'
import { paramsIn, TestBrowser } from '../../support/test-browser.ts'
import { type TestServer, useTestServer } from '../../support/test-server.ts'
import { openTriggerEndpoint } from '../../support/trigger-endpoint.ts'

const endpoint = await openTriggerEndpoint()
const codeKey = openCodeKeyFile()
const blocked = { name: 'NotAuthorizedException', message: 'Unable to login because of security reasons.' }

const all =
  '{username}|{ip-address}|{city}|{country}|{login-time}|{device-name}|{one-click-link-valid}|{one-click-link-invalid}|{event-id}|{feedback-token}|{other}'

const masterKey = Buffer.alloc(32, 5)

/** The messages to users of the pool, as the outbox keeps them: with their senders. */
async function readOutbox(server: TestServer, poolId: string): Promise<QueuedMessage[]> {
  const storage = await openStorage({ url: server.databaseUrl })
  try {
    const rows = await storage.db.selectFrom('outbox').select(['id', 'payload']).where('pool_id', '=', poolId).execute()
    return rows.flatMap((row) => openMessage(createSecrets(masterKey), { ...row, poolId }) ?? [])
  } finally {
    await storage.close()
  }
}

for (const engine of engines) {
  describe(`A notice of a risky sign-in on ${engine.name}`, () => {
    const server = useTestServer(engine, { flags: [...endpoint.flags, ...codeKey.flags, '--master-key', masterKey.toString('base64')] })
    const signIn = (clientId: string, username = 'ana') => signInByPassword(server(), clientId, username)
    const eventOf = async (poolId: string) => {
      return (await eventsOf(server(), poolId))[0]
    }

    async function givenApp(poolId: string, clientId: string): Promise<App> {
      const { accessToken } = await givenTokens(server(), clientId, 'ana')
      const app = await registerApp(server(), accessToken)
      await prefer(server(), poolId, 'ana', { SoftwareTokenMfaSettings: { Enabled: true } })
      return app
    }
    const answer = (clientId: string, { Session }: { Session?: string | undefined }, app: App) =>
      respond(server(), clientId, 'SOFTWARE_TOKEN_MFA', Session, { USERNAME: 'ana', SOFTWARE_TOKEN_MFA_CODE: app.code() })

    it('has our text where the pool has none, and comes from the sender of the pool', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      await givenTokens(server(), clientId, 'ana')
      const notice = await noticeTo(server(), poolId)
      assert.equal(notice.subject, 'An unusual sign-in to your account')
      assert.match(notice.text ?? '', /Hello ana,\n\nThere was an unusual sign-in/)
      assert.match(notice.text ?? '', /IP address: 127\.0\.0\.1/)
      assert.match(notice.text ?? '', /Place: unknown, unknown/)
      assert.deepEqual(
        notice.links.map((link) => link.replace(/token=.*/, '')),
        ['valid', 'invalid'].map((value) => `/feedback?user_pool_id=${poolId}&client_id=${clientId}&value=${value}&`),
      )
      assert.deepEqual(await sentTo(server(), poolId), [`risk-notice ${anaEmail}`])
    })

    it('says what was done: the sign-in was blocked, was asked for MFA, or was allowed', async () => {
      const text = (word: string) => ({ Subject: `${word} {username}`, HtmlBody: `<p>${word}</p>`, TextBody: `${word} as text` })
      const notices = {
        SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.test',
        From: 'Guard <guard@example.test>',
        BlockEmail: text('Blocked'),
        MfaEmail: text('Mfa'),
        NoActionEmail: text('Allowed'),
      }
      const { poolId, clientId } = await givenRiskyPool(server(), { notices })
      await signIn(clientId)
      await setTakeover(server(), poolId, { EventAction: 'BLOCK' }, notices)
      await assert.rejects(signIn(clientId), blocked)
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      await setTakeover(server(), poolId, { EventAction: 'NO_ACTION', Notify: false }, notices)
      const app = await givenApp(poolId, clientId)
      await setTakeover(server(), poolId, { EventAction: 'MFA_REQUIRED' }, notices)
      const asked = await signIn(clientId)
      assert.equal(asked.ChallengeName, 'SOFTWARE_TOKEN_MFA')
      assert.deepEqual(
        (await messagesOf(server(), poolId)).map(({ subject, text, html }) => [subject, text, html]),
        ['Allowed', 'Blocked', 'Mfa'].map((word) => [`${word} ana`, `${word} as text`, `<p>${word}</p>`]),
      )
      assert.ok((await answer(clientId, asked, app)).AuthenticationResult)
      assert.equal((await messagesOf(server(), poolId)).length, 3)
    })

    it('comes from the sender in the risk configuration, and else from that of the pool', async () => {
      const SourceArn = 'arn:aws:ses:us-east-1:123456789012:identity/guard'
      const EmailConfiguration = { From: 'pool@example.test', ReplyToEmailAddress: 'reply@example.test', SourceArn: `${SourceArn}-pool` }
      const pool = { EmailConfiguration }
      const senderOf = async (notices?: NotifyConfigurationType) => {
        const { poolId, clientId } = await givenRiskyPool(server(), { pool, ...(notices && { notices }) })
        await signIn(clientId)
        const message = (await readOutbox(server(), poolId))[0]
        return message?.channel === 'email' ? [message.from, message.replyTo, message.sourceArn] : []
      }
      assert.deepEqual(await senderOf(), ['pool@example.test', 'reply@example.test', `${SourceArn}-pool`])
      assert.deepEqual(await senderOf({ SourceArn, From: 'guard@example.test', ReplyTo: 'help@example.test' }), [
        'guard@example.test',
        'help@example.test',
        SourceArn,
      ])
      assert.deepEqual(await senderOf({ SourceArn }), ['pool@example.test', 'reply@example.test', SourceArn])
    })

    it('is sent for a sign-in on the hosted pages as well', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      const request = { client_id: clientId, redirect_uri: callback, response_type: 'code' }
      await new TestBrowser(server()).signIn(request, 'ana')
      const { EventId } = (await eventOf(poolId)) ?? {}
      const FeedbackToken = paramsIn((await noticeTo(server(), poolId)).links[0] ?? '').get('token') ?? ''
      const feedback = { UserPoolId: poolId, Username: 'ana', EventId, FeedbackToken, FeedbackValue: 'Valid' as const }
      await server().send(new UpdateAuthEventFeedbackCommand(feedback))
      assert.equal((await eventOf(poolId))?.EventFeedback?.FeedbackValue, 'Valid')
    })

    it('names the event by an id and a token with which feedback can be given, also after the second factor', async () => {
      const MfaEmail = { Subject: 'Mfa', TextBody: '{event-id} {feedback-token}' }
      const notices = { SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.test', MfaEmail }
      const { poolId, clientId } = await givenRiskyPool(server(), { notices })
      await setMfa(server(), poolId, 'OPTIONAL', ['totp'])
      await setTakeover(server(), poolId, { Notify: false })
      const app = await givenApp(poolId, clientId)
      await setTakeover(server(), poolId, { EventAction: 'MFA_REQUIRED' }, notices)
      const asked = await signIn(clientId)
      const [EventId = '', FeedbackToken = ''] = (await noticeTo(server(), poolId)).text?.split(' ') ?? []
      const event = { UserPoolId: poolId, Username: 'ana', EventId, FeedbackToken }
      await server().send(new UpdateAuthEventFeedbackCommand({ ...event, FeedbackValue: 'Invalid' }))
      await answer(clientId, asked, app)
      await server().send(new UpdateAuthEventFeedbackCommand({ ...event, FeedbackValue: 'Valid' }))
      const { EventId: latest, EventResponse, EventFeedback } = (await eventOf(poolId)) ?? {}
      assert.deepEqual([latest, EventResponse, EventFeedback?.FeedbackValue], [EventId, 'Pass', 'Valid'])
    })

    it('has all placeholders of Cognito, and leaves others alone', async () => {
      const NoActionEmail = { Subject: '{username} {one', TextBody: all }
      const notices = { SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.test', NoActionEmail }
      const { poolId, clientId } = await givenRiskyPool(server(), { notices })
      await signIn(clientId)
      const { subject, text, html } = await noticeTo(server(), poolId)
      const values = (text ?? '').split('|')
      const { EventId, CreationDate } = (await eventOf(poolId)) ?? {}
      assert.equal(subject, 'ana {one')
      assert.deepEqual(values.slice(0, 4), ['ana', '127.0.0.1', 'unknown', 'unknown'])
      assert.equal(values[4], `${CreationDate?.toISOString().slice(0, 19).replace('T', ' ')} UTC`)
      assert.match(values[5] ?? '', /^AWS SDK 3/)
      assert.deepEqual(values[8], EventId)
      assert.deepEqual([new URL(values[6] ?? '').searchParams.get('token'), values[10]], [values[9], '{other}'])
      assert.equal(new URL(values[7] ?? '').searchParams.get('value'), 'invalid')
      assert.ok(html?.startsWith('<div'), 'A template with text only gets HTML from it.')
    })

    it('leads to the domain of the pool, where it has a custom one', async () => {
      const { poolId, clientId } = await givenRiskyPool(server())
      const Domain = `auth-${poolId.slice(-9).toLowerCase()}.example.test`
      const CustomDomainConfig = { CertificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/a' }
      await server().send(new CreateUserPoolDomainCommand({ UserPoolId: poolId, Domain, CustomDomainConfig }))
      await signIn(clientId)
      const { html } = await noticeTo(server(), poolId)
      assert.match(html ?? '', new RegExp(`href="http://${Domain}:\\d+/feedback\\?`))
    })

    it('escapes the username and the device in HTML, and adds no header by the subject', async () => {
      const name = '<b>"ana"</b>&{event-id}'
      const NoActionEmail = {
        Subject: '{username}\r\nBcc: eve@example.test',
        HtmlBody: '<a title="{username}">{username}</a> {device-name}',
      }
      const notices = { SourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/example.test', NoActionEmail }
      const { poolId, clientId } = await givenRiskyPool(server(), { notices })
      await givenUser(server(), poolId, name, { attributes: [{ Name: 'email', Value: 'eve@example.test' }] })
      for (let at = 0; at < 2; at++) await signIn(clientId, name)
      const { subject, html } = await noticeTo(server(), poolId, 'eve@example.test')
      const escaped = '&lt;b&gt;&quot;ana&quot;&lt;/b&gt;&amp;{event-id}'
      assert.ok(html?.startsWith(`<a title="${escaped}">${escaped}</a> `), html ?? '')
      assert.equal(subject, `${name} Bcc: eve@example.test`)
    })

    it('is handed to the custom sender, which gets the facts in place of the attributes, and no code', async () => {
      const triggers = endpoint.given({ CustomEmailSender: agree })
      const { poolId, clientId, sub } = await givenRiskyPool(server(), { pool: { LambdaConfig: triggers.lambdaConfig } })
      await signIn(clientId)
      assert.deepEqual(await messagesOf(server(), poolId), [])
      assert.deepEqual(triggers.fired, ['CustomEmailSender_AccountTakeOverNotification'])
      const [{ request, callerContext, userName } = { request: {}, callerContext: undefined, userName: '' }] = triggers.events
      const { EventId } = (await eventOf(poolId)) ?? {}
      const { FEEDBACK_TOKEN, ONE_CLICK_LINK_VALID, ONE_CLICK_LINK_INVALID, DEVICE_NAME, LOGIN_TIME, ...facts } = request.userAttributes
      assert.deepEqual(facts, { EVENT_ID: EventId, USER_NAME: 'ana', IP_ADDRESS: '127.0.0.1', ACCOUNT_TAKE_OVER_ACTION: 'NO_ACTION' })
      assert.deepEqual([request.type, request.code, request.clientMetadata], ['customEmailSenderRequestV1', null, null])
      assert.deepEqual([userName, callerContext?.clientId], ['ana', clientId])
      assert.match(DEVICE_NAME, /^AWS SDK 3/)
      assert.match(LOGIN_TIME, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/)
      assert.equal(new URL(ONE_CLICK_LINK_VALID).searchParams.get('token'), FEEDBACK_TOKEN)
      const records = JSON.stringify(await callLifeguard(server(), 'ListTriggerInvocations', { UserPoolId: poolId }))
      for (const secret of [FEEDBACK_TOKEN, ONE_CLICK_LINK_INVALID]) assert.ok(!records.includes(secret), 'A record shows no link.')
      assert.ok(records.includes(EventId ?? sub))
    })
  })
}

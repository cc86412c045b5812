import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { consumeCode } from '../../../src/messaging/codes.ts'
import { writeDelivery } from '../../../src/messaging/destination.ts'
import { createInboxGateway } from '../../../src/messaging/gateways/inbox-gateway.ts'
import { type InboxEntry, listInbox } from '../../../src/messaging/inbox.ts'
import { createOutboxWorker } from '../../../src/messaging/outbox-worker.ts'
import { queueAttributeCode, queueForgotPasswordCode, queueInvitation, queueSignUpCode } from '../../../src/messaging/send-code.ts'
import { engines, type TestEngine } from '../../support/engines.ts'
import { type MessagingSetup, openMessagingSetup, plainContent, templatesWith, testPool } from './messaging-setup.ts'

const publicUrl = 'https://id.example.test'
const ana = {
  sub: 'sub-of-ana',
  username: 'ana&co',
  attributes: { email: 'ana@example.test', email_verified: 'true', phone_number: '+15551234444' },
}

type InboxSetup = MessagingSetup & { sent(): Promise<InboxEntry[]> }

async function openInboxSetup(engine: TestEngine): Promise<InboxSetup> {
  const setup = await openMessagingSetup(engine)
  const inbox = createInboxGateway(setup.db)
  const worker = createOutboxWorker({ ...setup, gateways: { email: inbox, sms: inbox } })
  return {
    ...setup,
    async sent() {
      await worker.drain()
      return listInbox(setup.db, {})
    },
    async [Symbol.asyncDispose]() {
      await worker.close()
      await setup[Symbol.asyncDispose]()
    },
  }
}

const signUp = (
  setup: MessagingSetup,
  pool = testPool({ autoVerifiedAttributes: ['email'] }),
  kind: 'sign-up' | 'resend' = 'sign-up',
  user = ana,
) =>
  setup.commit((tx) =>
    queueSignUpCode(
      tx,
      { ...setup, publicUrl },
      { pool, clientId: 'client1', user, kind, messageContent: plainContent, now: setup.clock.now() },
    ),
  )

const consume = (setup: MessagingSetup, purpose: 'sign-up' | 'forgot-password' | 'verify-email', code: string) =>
  setup.commit((tx) => consumeCode(tx, setup.secrets, { poolId: testPool().id, sub: ana.sub, purpose, code, now: setup.clock.now() }))

for (const engine of engines) {
  describe(`Messages with codes on ${engine.name}`, () => {
    it('reach a new user at the sign-up and at a resend; the newest code is valid', async () => {
      await using setup = await openInboxSetup(engine)
      const delivery = await signUp(setup)
      assert.deepEqual(delivery && writeDelivery(delivery), { AttributeName: 'email', DeliveryMedium: 'EMAIL', Destination: 'a***@e***' })
      await signUp(setup, undefined, 'resend')
      const [newest, oldest, ...rest] = await setup.sent()
      assert.deepEqual(rest, [])
      assert.deepEqual([newest?.trigger, oldest?.trigger], ['resend', 'sign-up'])
      const { id: _, createdAt, code, ...shown } = newest ?? assert.fail()
      assert.match(code ?? '', /^\d{6}$/)
      assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000)
      assert.deepEqual(shown, {
        channel: 'email',
        recipient: 'ana@example.test',
        subject: 'Your verification code',
        text: `Your verification code is ${code}.`,
        html: `Your verification code is ${code}. `,
        userPoolId: testPool().id,
        username: 'ana&co',
        trigger: 'resend',
      })
      assert.partialDeepStrictEqual(await consume(setup, 'sign-up', code ?? ''), {
        outcome: 'ok',
        attribute: 'email',
        value: 'ana@example.test',
      })
    })

    it('are not sent to a new user without an address that the pool verifies', async () => {
      await using setup = await openInboxSetup(engine)
      assert.equal(await signUp(setup, testPool()), undefined)
      assert.deepEqual(await setup.sent(), [])
    })

    it('carry a link with app client, username and code in pools that verify by link', async () => {
      await using setup = await openInboxSetup(engine)
      const templates = templatesWith({ verifyBy: 'CONFIRM_WITH_LINK', linkEmail: 'Click {##here##}!' })
      await signUp(setup, testPool({ autoVerifiedAttributes: ['email'], templates }))
      const [message] = await setup.sent()
      const href = /href="([^"]+)"/.exec(message?.html ?? '')?.[1]?.replaceAll('&amp;', '&')
      const url = new URL(href ?? '')
      assert.equal(url.origin + url.pathname, `${publicUrl}/confirmUser`)
      assert.deepEqual(Object.fromEntries(url.searchParams), {
        client_id: 'client1',
        user_name: 'ana&co',
        confirmation_code: message?.code,
      })
      assert.equal(message?.text, `Click here (${href})!`)
    })

    it('go to the chosen address when a user forgot the password; the code expires after an hour', async () => {
      await using setup = await openInboxSetup(engine)
      const contact = { attribute: 'email', value: ana.attributes.email } as const
      const forgotten = { pool: testPool(), user: ana, contact, messageContent: plainContent, now: setup.clock.now() }
      const delivery = await setup.commit((tx) => queueForgotPasswordCode(tx, setup.secrets, forgotten))
      assert.equal(delivery.destination, 'a***@e***')
      const [message, ...rest] = await setup.sent()
      assert.deepEqual(rest, [])
      assert.equal((await consume(setup, 'sign-up', message?.code ?? '')).outcome, 'expired')
      setup.clock.advance(3_600_000)
      assert.equal((await consume(setup, 'forgot-password', message?.code ?? '')).outcome, 'expired')
    })

    it('go to the new address when an attribute changes; consuming the code returns that address', async () => {
      await using setup = await openInboxSetup(engine)
      const change = { pool: testPool(), user: ana, attribute: 'email', value: 'new@example.test', kind: 'update-attribute' } as const
      await setup.commit((tx) => queueAttributeCode(tx, setup.secrets, { ...change, messageContent: plainContent, now: setup.clock.now() }))
      const [message] = await setup.sent()
      assert.equal(message?.recipient, 'new@example.test')
      assert.partialDeepStrictEqual(await consume(setup, 'verify-email', message.code ?? ''), {
        outcome: 'ok',
        attribute: 'email',
        value: 'new@example.test',
      })
    })

    it('invite with a temporary password, by every requested medium, under the name that the user signs in with', async () => {
      await using setup = await openInboxSetup(engine)
      const invite = (changes: object) =>
        setup.commit((tx) =>
          queueInvitation(tx, setup.secrets, {
            pool: testPool(),
            user: ana,
            mediums: ['EMAIL', 'SMS'],
            temporaryPassword: 'Temp<1>!',
            messageContent: plainContent,
            now: setup.clock.now(),
            ...changes,
          }),
        )
      assert.deepEqual(
        (await invite({})).map(({ medium }) => medium),
        ['EMAIL', 'SMS'],
      )
      const [sms, email] = await setup.sent()
      assert.equal(email?.html, 'Your username is ana&amp;co and temporary password is Temp&lt;1&gt;!. ')
      assert.equal(email.text, 'Your username is ana&co and temporary password is Temp<1>!.')
      assert.deepEqual(
        [sms?.channel, sms?.subject, sms?.html, sms?.text, sms?.code],
        ['sms', null, null, 'Your username is ana&co and temporary password is Temp<1>!. ', 'Temp<1>!'],
      )

      await invite({ pool: testPool({ usernameAttributes: ['email'] }), mediums: ['EMAIL'] })
      assert.match((await setup.sent())[0]?.text ?? '', /^Your username is ana@example\.test and/)
      await invite({ pool: testPool({ templates: templatesWith({ inviteEmail: 'Welcome!' }) }), mediums: ['EMAIL'] })
      assert.equal((await setup.sent()).length, 3, 'a template without a placeholder for the password sends nothing')
    })

    it('have the sender that the pool set', async () => {
      await using setup = await openMessagingSetup(engine)
      const senders: unknown[] = []
      const gateway = { deliver: async ({ message }: { message: object }) => void senders.push(message) }
      const worker = createOutboxWorker({ ...setup, gateways: { email: gateway, sms: gateway } })
      const email = { ...testPool().email, from: 'Us <us@example.test>', replyTo: 'help@example.test' }
      await signUp(setup, testPool({ autoVerifiedAttributes: ['email'], email }))
      await worker.drain()
      await worker.close()
      assert.partialDeepStrictEqual(senders, [{ from: 'Us <us@example.test>', replyTo: 'help@example.test' }])
    })
  })
}

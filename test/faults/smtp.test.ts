import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { createSmtpGateway } from '../../src/messaging/gateways/smtp-gateway.ts'
import type { EmailMessage } from '../../src/messaging/message.ts'
import { createOutboxWorker } from '../../src/messaging/outbox-worker.ts'
import { emailMessage, type MessagingSetup, openMessagingSetup, queue } from '../api/messaging/messaging-setup.ts'
import { engines } from '../support/engines.ts'

type Mail = { readonly from: string; readonly to: readonly string[]; readonly content: string }

/** A mail server that accepts every message, unless `options` say otherwise. */
async function startSmtp(options: SMTPServerOptions = {}) {
  const mails: Mail[] = []
  const server = new SMTPServer({
    authOptional: true,
    hideSTARTTLS: true,
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope
      text(stream).then((content) => {
        mails.push({ from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address), content })
        done()
      }, done)
    },
    ...options,
  })
  // Some clients in these tests close the connection, so the mail server may report errors.
  server.on('error', () => undefined)
  return { mails, ...(await listening(server.listen(0, '127.0.0.1'))) }
}

async function listening(server: Server) {
  if (!server.listening) await once(server, 'listening')
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => void sockets.add(socket.on('error', () => undefined)))
  const hangUp = () => sockets.forEach((socket) => void socket.destroy())
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hangUp,
    async [Symbol.asyncDispose]() {
      hangUp()
      if (!server.listening) return
      server.close()
      await once(server, 'close')
    },
  }
}

function startWorker(setup: MessagingSetup, url: string, { timeoutMs = 10_000, silenceMs = 10_000 } = {}) {
  const email = createSmtpGateway({ url, defaultFrom: 'Lifeguard <no-reply@id.example.test>', silenceMs })
  const sms = { deliver: async () => assert.fail('no text message was queued') }
  const worker = createOutboxWorker({ ...setup, gateways: { email, sms }, timeoutMs, pollMs: 3_600_000, graceMs: 0 })
  return Object.assign(worker, { [Symbol.asyncDispose]: () => worker.close() })
}

/** The rows of all messages in another state than `sent`, such as `queued` or `failed`. */
const rows = (setup: MessagingSetup) => setup.db.selectFrom('outbox').selectAll().where('state', '!=', 'sent').execute()
const refusal = (responseCode: number, words: string) => Object.assign(new Error(words), { responseCode })
const headerOf = (mail: Mail | undefined, name: string) =>
  new RegExp(`^${name}: (.*(?:\\r?\\n[ \\t].*)*)`, 'im').exec(mail?.content ?? '')?.[1]

for (const engine of engines) {
  describe(`A mail server, with the outbox on ${engine.name}`, () => {
    it('gets each message with its sender, its subject, its text and HTML bodies, and its own id', async () => {
      await using setup = await openMessagingSetup(engine)
      await using smtp = await startSmtp()
      await using worker = startWorker(setup, smtp.url)
      await queue(setup, emailMessage())
      await queue(
        setup,
        emailMessage({ sub: 'sub-of-bob', recipient: 'bob+x@example.test', from: 'Us <us@pool.test>', replyTo: 'help@pool.test' }),
      )
      const ids = (await rows(setup)).map(({ id }) => id)
      await worker.drain()
      assert.deepEqual(await rows(setup), [])
      const [ana, bob] = smtp.mails.toSorted((a, b) => String(a.to).localeCompare(String(b.to)))
      assert.deepEqual(
        [ana?.from, ana?.to, bob?.from, bob?.to],
        ['no-reply@id.example.test', ['ana@example.test'], 'us@pool.test', ['bob+x@example.test']],
      )
      assert.equal(headerOf(ana, 'subject'), 'Your verification code')
      assert.equal(headerOf(bob, 'reply-to'), 'help@pool.test')
      assert.equal(headerOf(ana, 'auto-submitted'), 'auto-generated')
      assert.ok(ids.some((id) => headerOf(ana, 'message-id') === `<${id}@id.example.test>`))
      assert.match(ana?.content ?? '', /text\/plain[\s\S]*123456\.[\s\S]*text\/html[\s\S]*123456\./)
    })

    it('gets a deferred message again, with the same id', async () => {
      await using setup = await openMessagingSetup(engine)
      let refusals = 2
      const commands: string[] = []
      await using smtp = await startSmtp({
        onRcptTo(_address, _session, done) {
          commands.push('RCPT')
          if (refusals-- > 0) done(refusal(451, 'try later, ana@example.test with 123456'))
          else done()
        },
      })
      await using worker = startWorker(setup, smtp.url)
      await queue(setup, emailMessage())
      const [queued] = await rows(setup)
      for (let attempt = 0; attempt < 3; attempt++) {
        await worker.drain()
        setup.clock.advance(60_000)
      }
      assert.equal(commands.length, 3)
      assert.deepEqual(
        smtp.mails.map((mail) => headerOf(mail, 'message-id')),
        [`<${queued?.id}@id.example.test>`],
      )
      assert.match(JSON.stringify(setup.log), /SMTP 451 to RCPT TO/)
      assert.doesNotMatch(JSON.stringify(setup.log), /ana@example|123456/)
    })

    it('gets a message for a rejected recipient five times in all; then the message has failed', async () => {
      await using setup = await openMessagingSetup(engine)
      let attempts = 0
      await using smtp = await startSmtp({
        onRcptTo(_address, _session, done) {
          attempts++
          done(refusal(550, 'no such mailbox'))
        },
      })
      await using worker = startWorker(setup, smtp.url)
      await queue(setup, emailMessage())
      for (let attempt = 0; attempt < 8; attempt++) {
        await worker.drain()
        setup.clock.advance(60_000)
      }
      assert.equal(attempts, 5)
      const [row] = await rows(setup)
      assert.deepEqual([row?.state, row?.next_attempt_at, row?.last_error], ['failed', null, 'SMTP 550 to RCPT TO'])
    })

    it('loses no message when it rejects the login, and neither password nor message is logged', async () => {
      await using setup = await openMessagingSetup(engine)
      await using smtp = await startSmtp({ authOptional: false, onAuth: (_auth, _session, done) => done(refusal(535, 'wrong: hunter2')) })
      await using worker = startWorker(setup, smtp.url.replace('smtp://', 'smtp://postmaster:hunter2@'))
      await queue(setup, emailMessage())
      for (let attempt = 0; attempt < 7; attempt++) {
        await worker.drain()
        setup.clock.advance(16 * 60_000)
      }
      const [row] = await rows(setup)
      assert.notEqual(row?.next_attempt_at, null)
      assert.match(row?.last_error ?? '', /^SMTP 535/)
      assert.doesNotMatch(JSON.stringify([setup.log, row?.last_error]), /hunter2|123456|ana@example/)
    })

    it('does not delay the messages to other recipients when it hangs for some recipients', async () => {
      await using setup = await openMessagingSetup(engine)
      await using smtp = await startSmtp({
        onRcptTo({ address }, _session, done) {
          if (!address.startsWith('slow')) done()
        },
      })
      await using worker = startWorker(setup, smtp.url, { timeoutMs: 400 })
      for (const name of ['slow1', 'ana', 'slow2', 'bob'])
        await queue(setup, emailMessage({ sub: name, recipient: `${name}@example.test` }))
      await worker.drain()
      assert.deepEqual(smtp.mails.flatMap(({ to }) => to).toSorted(), ['ana@example.test', 'bob@example.test'])
      const left = await rows(setup)
      assert.deepEqual(left.map(({ sub, attempts }) => [sub, attempts]).toSorted(), [
        ['slow1', 1],
        ['slow2', 1],
      ])
    })

    it('loses no message when it is silent, closes the connection immediately, or does not run', async () => {
      for (const treat of [
        (_: Socket) => undefined,
        (socket: Socket) => socket.destroy(),
        (socket: Socket) => socket.end('554 go away\r\n'),
        'gone',
      ] as const) {
        await using setup = await openMessagingSetup(engine)
        await using server = await listening(createServer((socket) => void (treat !== 'gone' && treat(socket))).listen(0, '127.0.0.1'))
        if (treat === 'gone') await server[Symbol.asyncDispose]()
        await using worker = startWorker(setup, server.url, { silenceMs: 300, timeoutMs: 2000 })
        await queue(setup, emailMessage())
        await worker.drain()
        const [row] = await rows(setup)
        assert.equal(row?.attempts, 1)
        assert.match(row.last_error ?? '', /^SMTP (E[A-Z]+|554)/)
        assert.ok(row.next_attempt_at !== null)
      }
    })

    it('gets a message again after it closed the connection in the middle of the message', async () => {
      await using setup = await openMessagingSetup(engine)
      let drops = 1
      const contents: string[] = []
      await using smtp = await startSmtp({
        onData(stream, _session, done) {
          if (drops-- > 0) return smtp.hangUp()
          text(stream).then((content) => {
            contents.push(content)
            done()
          }, done)
        },
      })
      await using worker = startWorker(setup, smtp.url)
      await queue(setup, emailMessage())
      await worker.drain()
      assert.equal((await rows(setup))[0]?.attempts, 1)
      setup.clock.advance(60_000)
      await worker.drain()
      assert.equal(contents.length, 1)
      assert.deepEqual(await rows(setup), [])
    })

    it('never gets a second recipient, a command or a header from a user’s attributes', async () => {
      await using setup = await openMessagingSetup(engine)
      await using smtp = await startSmtp()
      await using worker = startWorker(setup, smtp.url)
      const hostile: Partial<EmailMessage>[] = [
        { recipient: 'ana@example.test, eve@example.test' },
        { recipient: 'ana@example.test>\r\nRCPT TO:<eve@example.test' },
        { recipient: 'Ana <eve@example.test>' },
        { recipient: 'ana@example.test\nBcc: eve@example.test' },
        { recipient: 'all:ana@example.test;' },
        { recipient: '' },
      ]
      for (const [at, changes] of hostile.entries()) await queue(setup, emailMessage({ sub: `refused-${at}`, ...changes }))
      await queue(setup, emailMessage({ sub: 'subject', subject: 'Hi\r\nBcc: eve@example.test\r\n\r\nbody' }))
      await queue(setup, emailMessage({ sub: 'reply', replyTo: 'help@pool.test\r\nBcc: eve@example.test' }))
      await worker.drain()
      assert.deepEqual(
        smtp.mails.map(({ to }) => to),
        [['ana@example.test'], ['ana@example.test']],
      )
      for (const mail of smtp.mails) assert.equal(headerOf(mail, 'bcc'), undefined)
      assert.deepEqual(
        new Set((await rows(setup)).map(({ last_error }) => last_error)),
        new Set(['the recipient is not an e-mail address']),
      )
    })
  })
}

describe('The URL of a mail server', () => {
  it('is rejected, when it is invalid, with an error that does not quote its password', () => {
    for (const url of ['', 'http://me:hunter2@mail.test', 'smtp:hunter2', 'mail.test:25']) {
      assert.throws(
        () => createSmtpGateway({ url, defaultFrom: 'a@b.test' }),
        (error: Error) => !error.message.includes('hunter2') && error instanceof RangeError,
      )
    }
  })

  it('has a password that is sent only over TLS, except to a server on this machine', async () => {
    const [engine] = engines
    assert.ok(engine !== undefined)
    await using setup = await openMessagingSetup(engine)
    const logins: unknown[] = []
    await using smtp = await startSmtp({
      authOptional: false,
      allowInsecureAuth: true,
      // As when an attacker on the way removes STARTTLS from the server's answer.
      disabledCommands: ['STARTTLS'],
      onAuth({ username }, _session, done) {
        logins.push(username)
        done(null, { user: username })
      },
    })
    // 0.0.0.0 reaches this machine as well, but is not a loopback address: it stands for a server on another machine.
    await using elsewhere = startWorker(setup, smtp.url.replace('127.0.0.1', 'me:hunter2@0.0.0.0'))
    await queue(setup, emailMessage())
    await elsewhere.drain()
    assert.deepEqual(logins, [])
    assert.match((await rows(setup))[0]?.last_error ?? '', /^SMTP 50\d to STARTTLS$/)
    await using here = startWorker(setup, smtp.url.replace('127.0.0.1', 'me:hunter2@127.0.0.1'))
    setup.clock.advance(60_000)
    await here.drain()
    assert.equal(smtp.mails.length, 1)
  })
})

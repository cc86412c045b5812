import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import Fastify from 'fastify'
import { newOrderedId } from '../../../src/base/ordered-id.ts'
import { createInboxGateway } from '../../../src/messaging/gateways/inbox-gateway.ts'
import type { InboxEntry } from '../../../src/messaging/inbox.ts'
import { createOutboxWorker } from '../../../src/messaging/outbox-worker.ts'
import { inboxRoutes } from '../../../src/web/inbox-routes.ts'
import { engines, type TestEngine } from '../../support/engines.ts'
import { emailMessage, type MessagingSetup, openMessagingSetup, queue, queueText } from './messaging-setup.ts'

type Web = MessagingSetup & {
  readonly url: string
  get(path: string, headers?: Record<string, string>): Promise<Response>
  list(query?: string): Promise<InboxEntry[]>
}

/** A server with the routes of the inbox. Its outbox worker polls only once an hour, so only requests to the inbox cause deliveries. */
async function openWeb(engine: TestEngine): Promise<Web> {
  const setup = await openMessagingSetup(engine)
  const inbox = createInboxGateway(setup.db)
  const outbox = createOutboxWorker({ ...setup, gateways: { email: inbox, sms: inbox }, pollMs: 3_600_000 })
  const app = Fastify()
  inboxRoutes(app, { ...setup, outbox })
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const get = (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers })
  return {
    ...setup,
    url,
    get,
    list: async (query = '') => (await get(`/inbox/api/messages${query}`)).json() as Promise<InboxEntry[]>,
    async [Symbol.asyncDispose]() {
      await app.close()
      await outbox.close()
      await setup[Symbol.asyncDispose]()
    },
  }
}

const hostile = `<script>alert(1)</script>"'`

const page = async (web: Web, query = '') => (await web.get(`/inbox${query}`)).text()
const recipientsIn = (document: string) => [...document.matchAll(/class="recipient"><bdi>([^<]*)</g)].map(([, recipient]) => recipient)
const countsIn = (document: string) =>
  Object.fromEntries([...document.matchAll(/id="tab-(\w+)".*?class="count">(\d+)</g)].map(([, tab, count]) => [tab, Number(count)]))

for (const engine of engines) {
  describe(`GET /inbox/api/messages on ${engine.name}`, () => {
    it('returns the messages that were queued before the request, in the documented shape', async () => {
      await using web = await openWeb(engine)
      assert.deepEqual(await web.list(), [])
      await queue(web, emailMessage())
      const [{ id, createdAt, ...message } = assert.fail(), ...rest] = await web.list()
      assert.deepEqual(rest, [])
      assert.match(id, /^[\da-f-]{36}$/)
      assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
      assert.deepEqual(message, {
        channel: 'email',
        recipient: 'ana@example.test',
        subject: 'Your verification code',
        text: 'Your verification code is 123456.',
        html: 'Your verification code is 123456. ',
        code: '123456',
        userPoolId: 'us-east-1_Messages1',
        username: 'ana',
        trigger: 'sign-up',
      })
    })

    it('filters by recipient and pool, even when a plus sign is not encoded', async () => {
      await using web = await openWeb(engine)
      await queue(web, emailMessage())
      await queue(web, emailMessage({ recipient: 'ana+1@example.test' }))
      await queue(web, emailMessage({ poolId: 'us-east-1_OtherPool' }))
      const count = async (query: string) => (await web.list(query)).length
      assert.equal(await count('?recipient=ana%40example.test'), 2)
      assert.equal(await count('?recipient=ana@example.test&userPoolId=us-east-1_OtherPool'), 1)
      assert.equal(await count('?recipient=ana+1@example.test'), 1)
      assert.equal(await count('?recipient=ana%2B1@example.test'), 1)
      assert.equal(await count('?recipient=&userPoolId='), 3)
      assert.equal(await count('?recipient=bob@example.test'), 0)
      assert.equal(await count('?recipient=bob@example.test&recipient=ana@example.test'), 2)
      assert.equal(await count(`?recipient=${encodeURIComponent("' or 1=1 --")}`), 0)
    })

    it('returns messages up to the limit, newest first, and rejects limits that are not numbers in range', async () => {
      await using web = await openWeb(engine)
      for (const code of ['1', '2', '3']) await queue(web, emailMessage({ code }))
      assert.deepEqual(
        (await web.list('?limit=2')).map(({ code }) => code),
        ['3', '2'],
      )
      for (const limit of ['0', '-1', '1.5', '1001', 'x', ''])
        assert.equal((await web.get(`/inbox/api/messages?limit=${limit}`)).status, 400, limit)
    })

    it('returns no message after DELETE', async () => {
      await using web = await openWeb(engine)
      await queue(web, emailMessage())
      assert.equal((await fetch(`${web.url}/inbox/api/messages`, { method: 'DELETE' })).status, 204)
      assert.deepEqual(await web.list(), [])
    })
  })

  describe(`The inbox page on ${engine.name}`, () => {
    it('shows recipient, code and text without JavaScript, and escapes what users chose', async () => {
      await using web = await openWeb(engine)
      await queue(
        web,
        emailMessage({
          username: hostile,
          subject: hostile,
          text: hostile,
          html: hostile,
          recipient: `${hostile}@example.test`,
          code: hostile,
        }),
      )
      await queue(web, emailMessage())
      const page = await (await web.get('/inbox')).text()
      for (const part of ['ana@example.test', '<code>123456</code>', 'Your verification code is 123456.'])
        assert.ok(page.includes(part), part)
      assert.equal(page.match(/<script/g)?.length, 1)
      assert.doesNotMatch(page, /alert\(1\)<\/script>|style="|onclick/)
      assert.ok(page.indexOf('ana@example.test') < page.indexOf('&lt;script&gt;'), 'newest first')
    })

    it('finds messages by words of the recipient, subject, text, code and username', async () => {
      await using web = await openWeb(engine)
      await queue(web, emailMessage())
      await queue(
        web,
        emailMessage({ recipient: 'bob%_@example.test', username: 'Böb', subject: 'Welcome', text: 'Hello\ncode', code: 'a"b\\c' }),
      )
      const find = async (text: string) => recipientsIn(await page(web, `?q=${encodeURIComponent(text)}`))
      for (const text of ['BOB', '%_', 'BÖB', 'welcome', 'hello', 'a"b\\', '  code   bob ', 'welcome böb'])
        assert.deepEqual(await find(text), ['bob%_@example.test'], text)
      assert.deepEqual(await find('123456'), ['ana@example.test'])
      assert.deepEqual(await find('code'), ['bob%_@example.test', 'ana@example.test'])
      for (const text of ['channel', 'welcome 123456', "' or 1=1 --", '_ana']) assert.deepEqual(await find(text), [], text)
    })

    it('finds a message that is far down the list', async () => {
      await using web = await openWeb(engine)
      const inbox = createInboxGateway(web.db)
      for (let at = 0; at < 1010; at++) {
        const message = emailMessage({ recipient: `user${at}@example.test`, code: String(100_000 + at) })
        await inbox.deliver({ id: newOrderedId(0), queuedAt: 0, message }, new AbortController().signal)
      }
      const found = await page(web, '?q=100003')
      assert.deepEqual(recipientsIn(found), ['user3@example.test'])
      assert.deepEqual(countsIn(found), { all: 1, email: 1, sms: 0, unsent: 0 })
      const newest = await page(web)
      assert.equal(recipientsIn(newest).length, 100)
      assert.match(newest, /The newest 100 of 1010 are shown\. <a href="\/inbox\?limit=200">/)
      assert.equal(recipientsIn(await page(web, '?limit=99999')).length, 1000)
    })

    it('counts the messages in each tab that match the filter and the pool, and lists those of the open tab', async () => {
      await using web = await openWeb(engine)
      for (const recipient of ['ana@example.test', 'bob@example.test']) await queue(web, emailMessage({ recipient }))
      await queue(web, emailMessage({ poolId: 'us-east-1_OtherPool' }))
      await queueText(web)
      assert.deepEqual(countsIn(await page(web)), { all: 4, email: 3, sms: 1, unsent: 0 })
      for (const state of ['failed', 'suppressed'] as const) {
        const message = emailMessage({ recipient: `${state}@example.test` })
        await queue(web, message)
        await web.db.updateTable('outbox').set({ state, next_attempt_at: null }).where('state', '=', 'queued').execute()
      }
      assert.deepEqual(countsIn(await page(web)), { all: 6, email: 5, sms: 1, unsent: 2 })
      assert.deepEqual(countsIn(await page(web, '?userPoolId=us-east-1_OtherPool&channel=sms')), { all: 1, email: 1, sms: 0, unsent: 0 })
      assert.deepEqual(countsIn(await page(web, '?q=failed')), { all: 1, email: 1, sms: 0, unsent: 1 })
      assert.deepEqual(countsIn(await page(web, '?q=%2B1555&state=unsent')), { all: 1, email: 0, sms: 1, unsent: 0 })
      const recipients = async (query: string) => recipientsIn(await page(web, query)).toSorted()
      assert.deepEqual(await recipients('?channel=sms'), ['+15551234444'])
      assert.deepEqual(await recipients('?state=unsent'), ['failed@example.test', 'suppressed@example.test'])
      assert.deepEqual(await recipients('?channel=sms&q=bob'), [])
    })

    it('escapes the filter and the pool', async () => {
      await using web = await openWeb(engine)
      const query = new URLSearchParams({ q: hostile, userPoolId: hostile, message: hostile, channel: hostile })
      const nothing = await page(web, `?${query}`)
      assert.ok(nothing.includes('No message matches.'))
      assert.equal(nothing.match(/<script/g)?.length, 1)
      assert.doesNotMatch(nothing, /alert\(1\)<\/script>/)
    })

    it('answers 304 until a message is added, changed or deleted', async () => {
      await using web = await openWeb(engine)
      const seen = new Set<string>()
      const change = async () => {
        const version = /data-version="([\w-]{43})"/.exec(await page(web))?.[1] ?? assert.fail()
        assert.equal((await web.get('/inbox', { 'if-none-match': `"${version}"` })).status, 304)
        for (const earlier of seen) assert.equal((await web.get('/inbox', { 'if-none-match': `"${earlier}"` })).status, 200)
        assert.equal(seen.has(version), false)
        seen.add(version)
      }
      await queue(web, emailMessage())
      await change()
      await queue(web, emailMessage())
      await change()
      await queue(web, emailMessage())
      await web.db.updateTable('outbox').set({ state: 'failed', next_attempt_at: null }).where('state', '=', 'queued').execute()
      await change()
      await web.db.updateTable('outbox').set({ attempts: 2 }).where('state', '=', 'failed').execute()
      await change()
      await fetch(`${web.url}/inbox/clear`, { method: 'POST' })
      await change()
    })

    it('runs no script but its own, and cannot be framed', async () => {
      await using web = await openWeb(engine)
      const { headers } = await web.get('/inbox')
      const policy = headers.get('content-security-policy') ?? ''
      for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
        assert.ok(policy.includes(rule), rule)
      assert.doesNotMatch(policy, /unsafe/)
      assert.equal(headers.get('cache-control'), 'no-store')
      for (const [path, type] of [
        ['inbox.js', 'text/javascript'],
        ['inbox.css', 'text/css'],
      ] as const) {
        const asset = await web.get(`/inbox/${path}`)
        assert.deepEqual([asset.status, asset.headers.get('content-type')], [200, `${type}; charset=utf-8`])
      }
    })

    it('shows a message’s own HTML in a sandbox that runs nothing', async () => {
      await using web = await openWeb(engine)
      await queue(web, emailMessage({ html: '<h1>Hello</h1><script>top.location="https://evil.test"</script>' }))
      const [message] = await web.list()
      const shown = await web.get(`/inbox/messages/${message?.id}`)
      assert.match(await shown.text(), /<h1>Hello<\/h1>/)
      const policy = shown.headers.get('content-security-policy') ?? ''
      assert.match(policy, /sandbox allow-popups allow-popups-to-escape-sandbox$/)
      assert.match(policy, /default-src 'none'/)
      assert.doesNotMatch(policy, /script-src|allow-scripts|allow-same-origin|https?:/)
      // The page of a message loads images only when the inbox page asks for it. A link on another site or in a message cannot cause it.
      const images = (headers = {}) =>
        web.get(`/inbox/messages/${message?.id}?images=load`, headers).then((answer) => answer.headers.get('content-security-policy') ?? '')
      assert.match(await images({ 'sec-fetch-site': 'same-origin' }), /img-src https: http: data:;.* sandbox allow-popups/)
      assert.doesNotMatch(await images({ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }), /https?:/)
      const page = () => web.get('/inbox').then((answer) => answer.text())
      assert.match(await page(), /<iframe [^>]*sandbox="allow-popups allow-popups-to-escape-sandbox"/)
      await fetch(`${web.url}/inbox/api/messages`, { method: 'DELETE' })
      await queue(web, emailMessage({ html: 'No markup: 123456 < 7' }))
      assert.doesNotMatch(await page(), /<iframe/)
      assert.equal((await web.get('/inbox/messages/nothing')).status, 404)
    })

    it('is the page to which the server’s root URL redirects', async () => {
      await using web = await openWeb(engine)
      const page = await web.get('/')
      assert.equal(page.url, `${web.url}/inbox`)
      assert.equal(page.status, 200)
    })

    it('is emptied by its button', async () => {
      await using web = await openWeb(engine)
      await queue(web, emailMessage())
      const body = new URLSearchParams({ a: '1' })
      const answer = await fetch(`${web.url}/inbox/clear`, {
        method: 'POST',
        body,
        redirect: 'manual',
        headers: { origin: web.url, 'sec-fetch-site': 'same-origin' },
      })
      assert.deepEqual([answer.status, answer.headers.get('location')], [303, '/inbox'])
      assert.deepEqual(await web.list(), [])
    })

    it('neither shows nor changes anything for pages of other sites', async () => {
      await using web = await openWeb(engine)
      await queue(web, emailMessage())
      for (const path of ['/inbox', '/inbox/api/messages', '/inbox/inbox.js']) {
        const answer = await web.get(path, { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })
        assert.equal(answer.status, 403, path)
        assert.doesNotMatch(await answer.text(), /123456/)
        assert.equal(answer.headers.get('access-control-allow-origin'), null)
      }
      // `fetch` cannot send this request, because it always sets `sec-fetch-mode` to another value than `navigate`.
      const followed = request(`${web.url}/inbox`, { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } }).end()
      const [{ statusCode }] = await once(followed, 'response')
      assert.equal(statusCode, 200, 'a link to it works')
      for (const headers of [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'https://evil.test' },
        { origin: 'null' },
      ]) {
        assert.equal((await fetch(`${web.url}/inbox/clear`, { method: 'POST', headers })).status, 403)
        assert.equal((await fetch(`${web.url}/inbox/api/messages`, { method: 'DELETE', headers })).status, 403)
      }
      assert.equal((await web.list()).length, 1)
    })
  })
}

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import Fastify from 'fastify'
import { createInboxGateway } from '../../../src/messaging/gateways/inbox-gateway.ts'
import type { InboxEntry } from '../../../src/messaging/inbox.ts'
import { createOutboxWorker } from '../../../src/messaging/outbox-worker.ts'
import { inboxRoutes } from '../../../src/web/inbox-routes.ts'
import { engines, type TestEngine } from '../../support/engines.ts'
import { emailMessage, type MessagingSetup, openMessagingSetup, queue } from './messaging-setup.ts'

type Web = MessagingSetup & {
  readonly url: string
  get(path: string, headers?: Record<string, string>): Promise<Response>
  list(query?: string): Promise<InboxEntry[]>
}

/** The routes of the inbox on a port. The outbox worker polls only once an hour, so the requests themselves deliver the messages. */
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

    it('finds recipients by a part of the address, and escapes the search term', async () => {
      await using web = await openWeb(engine)
      await queue(web, emailMessage())
      await queue(web, emailMessage({ recipient: 'bob@example.test' }))
      const page = await (await web.get('/inbox?recipient=BOB@')).text()
      assert.ok(page.includes('bob@example.test') && !page.includes('ana@example.test'))
      const nothing = await (
        await web.get(`/inbox?recipient=${encodeURIComponent(hostile)}&userPoolId=${encodeURIComponent(hostile)}`)
      ).text()
      assert.ok(nothing.includes('No message matches.'))
      assert.equal(nothing.match(/<script/g)?.length, 1)
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
      assert.doesNotMatch(policy, /script-src|allow-scripts|allow-same-origin/)
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
      // `fetch` cannot send this request: its headers say that it is not a navigation.
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

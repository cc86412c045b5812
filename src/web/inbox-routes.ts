import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Secrets } from '../base/secrets.ts'
import { findInboxEntry, inboxLimits, listInbox } from '../messaging/inbox.ts'
import { deleteInboxMessages } from '../messaging/inbox-repository.ts'
import { type InboxState, type ListedEntry, readInboxState, searchInbox } from '../messaging/inbox-search.ts'
import { deleteUnsent } from '../messaging/message-record-repository.ts'
import type { OutboxWorker } from '../messaging/outbox-worker.ts'
import { findUnsent } from '../messaging/unsent.ts'
import { listPoolNames } from '../pools/pool-repository.ts'
import type { Db } from '../storage/db.ts'
import { messageDocument } from './inbox-detail.ts'
import { inboxPage } from './inbox-page.ts'
import { type InboxView, type Query, readView, textIn } from './inbox-query.ts'
import { inboxScript } from './inbox-script.ts'
import { inboxStyles } from './inbox-styles.ts'
import { isFromOtherSite } from './other-site.ts'

type Deps = { readonly db: Db; readonly secrets: Secrets; readonly outbox: Pick<OutboxWorker, 'drain'> }

/** How long the page waits for the delivery of queued messages. */
const maxDrainMs = 1000

const pageHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  // A page that a link in a message opens gets no reference to a window of the inbox.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // Not no-referrer: then browsers would send the origin "null" with a form's POST.
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

/**
 * A message may have any style, but it runs no script, sends no form, has an origin of its own, and opens links in new windows. A request
 * for an image or font tells another server that the message was read, and can reach servers of the developer's network. So the message
 * loads them only when the developer asks for that.
 */
function messageHeaders(loadImages: boolean): Readonly<Record<string, string>> {
  const sources = loadImages ? 'img-src https: http: data:; font-src https: data:' : 'img-src data:; font-src data:'
  return {
    ...pageHeaders,
    'content-security-policy': `default-src 'none'; style-src 'unsafe-inline'; ${sources}; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; sandbox allow-popups allow-popups-to-escape-sandbox`,
    // A sandboxed document must not have another policy (HTML, "cross-origin opener policies").
    'cross-origin-opener-policy': 'unsafe-none',
    'referrer-policy': 'no-referrer',
    'x-dns-prefetch-control': 'off',
  }
}

/**
 * The dev inbox: `/inbox` for people, `/inbox/api/messages` for tests. Both deliver queued messages first, so that a client finds the
 * message that it has just caused.
 * @NOTE Only for `dev`: it shows every code to every client that can connect.
 */
export function inboxRoutes(app: FastifyInstance, deps: Deps): void {
  // An open page sends a request every 1.5 seconds, which would flood the developer's log.
  app.register(async (scope) => routesIn(scope, deps), { logLevel: 'warn' })
}

function routesIn(app: FastifyInstance, deps: Deps): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(pageHeaders)
    if (isFromOtherSite(request)) return reply.code(403).send({ message: 'The inbox does not answer requests from pages of other sites.' })
  })
  // The bodies of forms are ignored here. Without a parser they would be answered 415.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 1024 }, (_request, _body, done) => done(null))
  apiRoutes(app, deps)
  pageRoutes(app, deps)
}

function apiRoutes(app: FastifyInstance, { db, outbox }: Deps): void {
  app.get<{ Querystring: Query }>('/inbox/api/messages', async ({ query }, reply) => {
    const limit = query['limit'] === undefined ? inboxLimits.default : Number(query['limit'])
    if (!Number.isInteger(limit) || limit < 1 || limit > inboxLimits.most) {
      return reply.code(400).send({ message: `limit must be a whole number from 1 to ${inboxLimits.most}.` })
    }
    await outbox.drain()
    const recipient = addressIn(query, 'recipient')
    return listInbox(db, { poolId: textIn(query, 'userPoolId'), ...(recipient === undefined ? {} : { recipient }) }, limit)
  })

  app.delete('/inbox/api/messages', async (_request, reply) => {
    await outbox.drain()
    await deleteInboxMessages(db)
    return reply.code(204).send()
  })
}

function pageRoutes(app: FastifyInstance, { db, secrets, outbox }: Deps): void {
  // A gateway that hangs must not keep the page from showing the messages that wait for it.
  const drainBriefly = () => Promise.race([outbox.drain(), delay(maxDrainMs, undefined, { ref: false })])

  app.get<{ Querystring: Query }>('/inbox', async (request, reply) => {
    await drainBriefly()
    const state = await readInboxState(db)
    // The script sends the version that it shows, so that an open page costs little while nothing happens.
    if (request.headers['if-none-match'] === `"${state.version}"`) return reply.code(304).send()
    return sendHtml(reply, await renderPage({ db, secrets }, readView(request.query), state, endpointOf(request)))
  })

  // For developers who open the endpoint in a browser.
  app.get('/', async (_request, reply) => reply.redirect('/inbox', 302))

  app.post('/inbox/clear', async (_request, reply) => {
    await drainBriefly()
    await deleteInboxMessages(db)
    await deleteUnsent(db)
    return reply.redirect('/inbox', 303)
  })

  app.get<{ Params: { id: string }; Querystring: Query }>('/inbox/messages/:id', async ({ params, query, headers }, reply) => {
    const entry = await findEntry({ db, secrets }, params.id)
    if (entry === undefined) return reply.callNotFound()
    // A link in the message itself comes from another site, and must not make the message load anything.
    const loadImages = query['images'] === 'load' && headers['sec-fetch-site'] !== 'cross-site'
    return sendHtml(reply.headers(messageHeaders(loadImages)), messageDocument(entry))
  })

  app.get('/inbox/inbox.css', async (_request, reply) => reply.type('text/css; charset=utf-8').send(inboxStyles))
  app.get('/inbox/inbox.js', async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(inboxScript))
}

type Stores = Pick<Deps, 'db' | 'secrets'>

async function renderPage({ db, secrets }: Stores, view: InboxView, state: InboxState, endpoint: string) {
  const { entries, counts } = await searchInbox(db, secrets, state, view)
  const opened = view.message
  const shown = opened === undefined ? entries[0] : (entries.find(({ id }) => id === opened) ?? (await findEntry({ db, secrets }, opened)))
  const poolIds = [...entries, ...(shown === undefined ? [] : [shown])].map(({ userPoolId }) => userPoolId)
  const poolNames = await listPoolNames(db, [...new Set(view.poolId === undefined ? poolIds : [...poolIds, view.poolId])])
  return inboxPage({ view, entries, counts, shown, poolNames, version: state.version, endpoint })
}

async function findEntry({ db, secrets }: Stores, id: string): Promise<ListedEntry | undefined> {
  return (await findInboxEntry(db, id)) ?? (await findUnsent(db, secrets, id))
}

/** The endpoint URL for the AWS CLI: the one that the browser used. */
function endpointOf({ protocol, headers }: FastifyRequest): string {
  return `${protocol}://${headers.host ?? 'localhost'}`
}

/** No address contains a space, so a space is a plus sign that was not encoded, as in `?recipient=+15551234567`. */
function addressIn(query: Query, name: string): string | undefined {
  return textIn(query, name)?.replaceAll(' ', '+')
}

function sendHtml(reply: FastifyReply, document: { toString(): string }): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(document.toString())
}

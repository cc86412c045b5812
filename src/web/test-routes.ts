import type { FastifyInstance } from 'fastify'
import type { MovableClock } from '../base/clock.ts'
import { isObject } from '../base/is-object.ts'
import type { OutboxWorker } from '../messaging/outbox-worker.ts'
import { tablesOfEverything } from '../portability/copied-tables.ts'
import type { Db, Tx } from '../storage/db.ts'
import { deleteRows } from '../storage/dialect/bulk-rows.ts'
import { isFromOtherSite } from './other-site.ts'

/** Empties the server. What `fill` stores is there as soon as the rest is gone. */
type Reset = (fill: (tx: Tx) => Promise<unknown>) => Promise<void>

type Deps = {
  readonly db: Db
  readonly outbox: Pick<OutboxWorker, 'drain'>
  readonly clock: MovableClock
  /** Drops what the processes have cached. */
  readonly announceChange: () => Promise<void>
  /** Runs a reset that ends with what the files of `--apply` describe. */
  readonly resetWithFiles: ((reset: Reset) => Promise<void>) | undefined
}

/** A hundred years. */
const mostSeconds = 3_155_760_000

/**
 * What a test needs and no user may have: a clock that can be moved forward, and an empty server.
 * @NOTE Only for `dev`.
 */
export function testRoutes(app: FastifyInstance, deps: Deps): void {
  app.register(async (scope) => routesIn(scope, deps), { logLevel: 'warn' })
}

function routesIn(app: FastifyInstance, deps: Deps): void {
  const { clock, resetWithFiles } = deps
  app.addHook('onRequest', async (request, reply) => {
    reply.header('cache-control', 'no-store')
    if (isFromOtherSite(request)) return reply.code(403).send({ message: 'Pages of other sites may not use /_test.' })
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 1024 }, (_request, body, done) => done(null, body))

  const shown = () => ({ now: new Date(clock.now()).toISOString(), aheadSeconds: clock.ahead() / 1000 })
  app.get('/_test/clock', shown)

  app.post('/_test/clock', async ({ body }, reply) => {
    const seconds = readSeconds(body)
    if (seconds === undefined) {
      return reply.code(400).send({ message: `Send {"advanceSeconds": N} with a number from 0 to ${mostSeconds}.` })
    }
    if (clock.ahead() / 1000 + seconds > mostSeconds)
      return reply.code(400).send({ message: 'The clock would be more than a century ahead.' })
    // A queued message must not expire because of it.
    await deps.outbox.drain()
    clock.advance(seconds * 1000)
    return shown()
  })

  app.post('/_test/reset', async () => {
    const reset: Reset = (fill) => emptyServer(deps, fill)
    await (resetWithFiles === undefined ? reset(async () => undefined) : resetWithFiles(reset))
    return {}
  })
}

function readSeconds(body: unknown): number | undefined {
  try {
    const document: unknown = JSON.parse(String(body))
    const seconds = isObject(document) ? document['advanceSeconds'] : undefined
    return typeof seconds === 'number' && seconds >= 0 && seconds <= mostSeconds ? seconds : undefined
  } catch {
    return undefined
  }
}

/**
 * Deletes everything but the installation itself, and stores what `fill` does. A message that is being delivered is waited for, so that none
 * arrives after the reset. The clock is set back before the caches are dropped: what they hold must not last until a time in the future.
 */
async function emptyServer({ db, outbox, clock, announceChange }: Deps, fill: Parameters<Reset>[0]): Promise<void> {
  await outbox.drain()
  await db.transaction().execute(async (tx) => {
    for (const { table } of tablesOfEverything.toReversed()) await deleteRows(tx, table)
    await fill(tx)
  })
  clock.reset()
  await announceChange()
}

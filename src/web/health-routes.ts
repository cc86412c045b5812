import type { FastifyInstance } from 'fastify'
import { isSameText } from '../base/same-text.ts'
import { databaseMs } from './gauges.ts'
import type { Metrics } from './metrics.ts'

type Options = {
  /** Resolves when the database can be read and written. */
  readonly checkDatabase: () => Promise<void>
  readonly isClosing: () => boolean
  readonly metrics: Metrics
  /** Who may read /metrics: every client (in `dev`, which is on loopback), clients with the token, or no client. */
  readonly metricsAccess: 'public' | 'disabled' | { readonly token: string }
}

/** The answer of `/healthz`, also while the server starts (see listener.ts). The name tells it from other programs' answers. */
export const alive = { status: 'ok', server: 'lifeguard' }

/** `/healthz` says that the process runs, `/readyz` that it can handle requests. `/metrics` has the figures of the process. */
export function healthRoutes(app: FastifyInstance, { checkDatabase, isClosing, metrics, metricsAccess }: Options): void {
  app.get('/healthz', () => alive)

  app.get('/readyz', async (_request, reply) => {
    if (isClosing()) return reply.code(503).send({ status: 'closing' })
    try {
      await within(databaseMs, checkDatabase())
      return { status: 'ready' }
    } catch {
      // The storage layer logs the failure of the database once. A line for each request would flood the log.
      return reply.code(503).send({ status: 'database cannot be read or written' })
    }
  })

  if (metricsAccess === 'disabled') return
  app.get('/metrics', async (request, reply) => {
    if (metricsAccess !== 'public' && !isSameText(request.headers.authorization ?? '', `Bearer ${metricsAccess.token}`)) {
      return reply.code(401).header('www-authenticate', 'Bearer').send({ message: 'Unauthorized' })
    }
    return reply.type(metrics.contentType).send(await metrics.text())
  })
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise: timeout, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms`)), ms)
  try {
    await Promise.race([work, timeout])
  } finally {
    clearTimeout(timer)
  }
}

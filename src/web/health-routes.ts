import { createHash, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Metrics } from './metrics.ts'

type Options = {
  /** Resolves when the database can be read and written. */
  readonly checkDatabase: () => Promise<void>
  readonly isClosing: () => boolean
  readonly metrics: Metrics
  /** Who may read /metrics: everybody (in `dev`, which is on loopback), bearers of the token, or nobody. */
  readonly metricsAccess: 'everybody' | 'nobody' | { readonly token: string }
}

/** What `/healthz` answers, at the start (see listener.ts) as later. */
export const alive = { status: 'ok' }

/** `/healthz`: the process runs. `/readyz`: send it requests. `/metrics`: what it has done. */
export function healthRoutes(app: FastifyInstance, { checkDatabase, isClosing, metrics, metricsAccess }: Options): void {
  app.get('/healthz', () => alive)

  app.get('/readyz', async (_request, reply) => {
    if (isClosing()) return reply.code(503).send({ status: 'closing' })
    try {
      await within(2000, checkDatabase())
      return { status: 'ready' }
    } catch {
      // The log has it already, once and not for each request.
      return reply.code(503).send({ status: 'database cannot be read or written' })
    }
  })

  if (metricsAccess === 'nobody') return
  app.get('/metrics', async (request, reply) => {
    if (metricsAccess !== 'everybody' && !sameText(request.headers.authorization ?? '', `Bearer ${metricsAccess.token}`)) {
      return reply.code(401).header('www-authenticate', 'Bearer').send({ message: 'Unauthorized' })
    }
    return reply.type(metrics.contentType).send(await metrics.text())
  })
}

/** Compares digests, so that neither content nor length shows in the time taken. */
function sameText(left: string, right: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(left), digest(right))
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`No answer within ${ms} ms`)), ms)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

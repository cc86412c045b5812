import type { Clock } from '../../base/clock.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { listProvisionedLimits, putProvisionedLimit } from './provisioned-limit-repository.ts'
import { type RequestCategory, requestCategories } from './request-categories.ts'

/** The request rate of a category that applies, and its free rate, which applies when no other rate was set. In requests a second. */
export type RequestLimit = { readonly provisioned: number; readonly free: number }

export type ProvisionedLimits = {
  /** The rate that applies. It is cached, so the call never waits for the database. A change by another process arrives within seconds. */
  cached(category: RequestCategory): number
  get(category: RequestCategory): Promise<RequestLimit>
  /** `record` stores the audit record in the transaction of the change. */
  set(category: RequestCategory, requestsPerSecond: number, record: (tx: Tx) => Promise<void>): Promise<void>
  close(): void
}

/** How long a process that missed the notification of a change may use an old limit. */
const cacheMs = 10_000
const channel = 'provisioned_limit_changed'

type Deps = {
  db: Db
  clock: Clock
  /** The free rate of a category is its default times this factor. */
  factor: number
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: () => void, onGap: () => void): () => void
}

export function createProvisionedLimits({ db, clock, factor, publish, subscribe }: Deps): ProvisionedLimits {
  let limits: ReadonlyMap<RequestCategory, number> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  const invalidate = () => {
    readAt = Number.NEGATIVE_INFINITY
  }
  const close = subscribe(channel, invalidate, invalidate)
  const free = (category: RequestCategory) => requestCategories[category] * factor
  /** The stored rate applies, unless the free rate was raised above it. */
  const provisioned = (category: RequestCategory) => Math.max(limits.get(category) ?? 0, free(category))

  async function load(): Promise<void> {
    readAt = clock.now()
    limits = await listProvisionedLimits(db)
  }

  return {
    cached(category) {
      // The caller of `cached` does not wait until the limits are loaded again. If the database cannot be reached, the old limits stay.
      if (Math.abs(clock.now() - readAt) >= cacheMs) load().catch(() => undefined)
      return provisioned(category)
    },
    async get(category) {
      await load()
      return { provisioned: provisioned(category), free: free(category) }
    },
    async set(category, requestsPerSecond, record) {
      await db.transaction().execute(async (tx) => {
        await putProvisionedLimit(tx, category, requestsPerSecond, clock.now())
        await record(tx)
      })
      await load()
      // The change is committed. Processes that miss the notification load the change when their cache expires.
      await publish(channel, category).catch(() => undefined)
    },
    close,
  }
}

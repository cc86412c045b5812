import type { Clock } from '../../base/clock.ts'
import type { Db } from '../../storage/db.ts'
import { listProvisionedLimits, putProvisionedLimit } from './provisioned-limit-repository.ts'
import { type RequestCategory, requestCategories } from './request-categories.ts'

/** Requests a second: what applies, and what would if nobody had asked for more. */
export type RequestLimit = { readonly provisioned: number; readonly free: number }

export type ProvisionedLimits = {
  /** What applies as far as this process knows; another's change arrives within seconds. Asks no database. */
  known(category: RequestCategory): number
  get(category: RequestCategory): Promise<RequestLimit>
  set(category: RequestCategory, requestsPerSecond: number): Promise<void>
  close(): void
}

/** How long a process that missed the news may go on with a limit as it was. */
const cacheMs = 10_000
const channel = 'provisioned_limit_changed'

type Deps = {
  db: Db
  clock: Clock
  /** How many times the defaults are free. */
  factor: number
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: () => void, onGap: () => void): () => void
}

export function createProvisionedLimits({ db, clock, factor, publish, subscribe }: Deps): ProvisionedLimits {
  let limits: ReadonlyMap<RequestCategory, number> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  const forget = () => {
    readAt = Number.NEGATIVE_INFINITY
  }
  const close = subscribe(channel, forget, forget)
  const free = (category: RequestCategory) => requestCategories[category] * factor
  /** A free limit that was raised since is what applies. */
  const provisioned = (category: RequestCategory) => Math.max(limits.get(category) ?? 0, free(category))

  async function load(): Promise<void> {
    readAt = clock.now()
    limits = await listProvisionedLimits(db)
  }

  return {
    known(category) {
      // Whoever asks does not wait; a database that cannot be reached leaves the limits as they were.
      if (Math.abs(clock.now() - readAt) >= cacheMs) load().catch(() => undefined)
      return provisioned(category)
    },
    async get(category) {
      await load()
      return { provisioned: provisioned(category), free: free(category) }
    },
    async set(category, requestsPerSecond) {
      await putProvisionedLimit(db, category, requestsPerSecond, clock.now())
      await load()
      // The change is committed; whoever misses the news finds out by itself.
      await publish(channel, category).catch(() => undefined)
    },
    close,
  }
}

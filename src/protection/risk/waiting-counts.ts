import { chunksOf } from '../../base/chunks.ts'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { ignoreUnavailable } from '../../storage/database-unavailable-error.ts'
import type { Db } from '../../storage/db.ts'
import { addCounters, type Counter, type CounterLevel } from './counter-repository.ts'

/** Counts that wait to be written, so that a sign-in waits for no row that every sign-in of the pool changes. */
export type WaitingCounts = {
  /** Counts one more. The count is written some seconds later; a process that is killed meanwhile loses it. */
  add(poolId: string, level: CounterLevel, value: string): void
  /** Writes what waits, and stops. */
  close(): Promise<void>
}

const writeEveryMs = 5_000
/** How many values a process keeps until it writes them. */
const waitingValues = 20_000
/** How many values are written by one statement. */
const batchSize = 500

type Options = { readonly db: Db; readonly clock: Clock; readonly logger: Pick<Logger, 'warn'> }

export function createWaitingCounts({ db, clock, logger }: Options): WaitingCounts {
  let waiting = new Map<string, Map<string, Counter>>()
  let size = 0

  async function write(): Promise<void> {
    const batches = [...waiting].flatMap(([poolId, counters]) =>
      chunksOf([...counters.values()], batchSize).map((batch) => ({ poolId, batch })),
    )
    waiting = new Map()
    size = 0
    for (const { poolId, batch } of batches) {
      const writing = db.transaction().execute((tx) => addCounters(tx, poolId, batch, clock.now()))
      // The counts are approximate. So a batch that cannot be written is given up, and the next one is tried.
      await writing.catch(ignoreUnavailable).catch((error: unknown) => logger.warn({ err: error }, 'Counts of sign-ins were not written.'))
    }
  }

  let writing: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    if (size > 0) writing = writing.then(write)
  }, writeEveryMs).unref()

  return {
    add(poolId, level, value) {
      const ofPool = waiting.get(poolId) ?? new Map<string, Counter>()
      const key = `${level} ${value}`
      const before = ofPool.get(key)
      if (before === undefined && size >= waitingValues) return
      if (before === undefined) size++
      waiting.set(poolId, ofPool.set(key, { level, value, count: (before?.count ?? 0) + 1 }))
    },
    async close() {
      clearInterval(timer)
      await writing
      await write()
    },
  }
}

import { randomUUID } from 'node:crypto'
import type { Db } from './db.ts'
import type { StorageLogger } from './dialect/backend.ts'
import { writeHeartbeat } from './heartbeat-repository.ts'

type Options = {
  readonly db: Db
  /** Resolves when the database answers a look-up. */
  readonly ping: () => Promise<void>
  readonly logger: StorageLogger
  /** Whether the failure of the database is in the log already. */
  readonly isReported: () => boolean
}

/** The seconds since `start`, rounded to a tenth. */
const secondsSince = (start: number) => Math.round((performance.now() - start) / 100) / 10

/** A check skips the write if one succeeded within this time, so that frequent checks do not cause frequent writes. */
const writeIntervalMs = 2000

/**
 * Checks that this process can use the database: it reads as requests do, and writes a row of its own. Concurrent checks share one result.
 */
export function createReadiness({ db, ping, logger, isReported }: Options): (now: number) => Promise<void> {
  const node = randomUUID()
  let wroteAt = Number.NEGATIVE_INFINITY
  let checking: Promise<void> | undefined
  /** When this module logged that the database failed. Undefined while no failure that this module logged lasts. */
  let failedAt: number | undefined

  async function check(now: number): Promise<void> {
    try {
      await ping()
      if (performance.now() - wroteAt >= writeIntervalMs) {
        await writeHeartbeat(db, node, now)
        wroteAt = performance.now()
      }
      if (failedAt !== undefined) logger.warn({ seconds: secondsSince(failedAt) }, 'The database can be read and written again')
      failedAt = undefined
    } catch (error) {
      wroteAt = Number.NEGATIVE_INFINITY
      if (failedAt === undefined && !isReported()) {
        failedAt = performance.now()
        logger.error({ err: error }, 'The database cannot be read or written; this process is not ready')
      }
      throw error
    }
  }

  return (now) => {
    checking ??= check(now).finally(() => {
      checking = undefined
    })
    return checking
  }
}

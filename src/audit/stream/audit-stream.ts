import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import type { Db } from '../../storage/db.ts'
import { createHeldLease } from '../../storage/held-lease.ts'
import type { AuditRecord } from '../audit-record.ts'
import { writeRecord } from '../wire.ts'
import type { StreamBatch, StreamDestination } from './destination.ts'
import { findUnstreamed, markStreamed } from './stream-repository.ts'

export type AuditStream = {
  /** Stops after the batch that is being delivered, and releases the lease. */
  close(): Promise<void>
}

type Options = {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Pick<Logger, 'warn' | 'info'>
  /** Identifies this process among those that share the database. */
  readonly holder: string
  readonly destination: StreamDestination
  /** Called for each batch that could not be delivered. */
  readonly countFailure: () => void
}

const batchSize = 100
/** How soon a new record is delivered at the latest. */
const pollMs = 1000
/** The pause after a failure doubles up to this one. */
const longestPauseMs = 60_000
/** Longer than a batch takes. After a holder died, the next process takes over after this time. */
const leaseMs = 15_000

/**
 * Delivers each audit record at least once, about in the order of their times. One process at a time does it, under a lease. A record
 * counts as delivered only after the destination has it. When a process dies between the delivery and the mark in the database, the next
 * process delivers the record again.
 */
export function startAuditStream(options: Options): AuditStream {
  const { db, clock, holder, logger, countFailure } = options
  const lease = createHeldLease({ name: 'audit-stream', holder }, { db, clock, ttlMs: leaseMs })
  const stop = new AbortController()

  async function run(): Promise<void> {
    let failures = 0
    while (!stop.signal.aborted) {
      try {
        const isHolder = await lease.renew()
        const found = isHolder ? await deliverBatch(options, stop.signal) : 0
        if (failures > 0 && isHolder) logger.info({ failures }, 'The audit stream delivers again.')
        if (failures > 0 && !isHolder) logger.info({ failures }, 'Another process has taken over the audit stream.')
        failures = 0
        if (found === batchSize) continue
      } catch (error) {
        // The storage layer logs the loss of the database.
        if (!(error instanceof DatabaseUnavailableError) && !stop.signal.aborted) {
          failures++
          countFailure()
          if (failures === 1) logger.warn({ err: error }, 'The audit stream cannot deliver. It tries again until it can.')
        }
      }
      await delay(Math.min(pollMs * 2 ** Math.min(failures, 10), longestPauseMs), undefined, { signal: stop.signal, ref: false }).catch(
        () => undefined,
      )
    }
  }

  const running = run()
  return {
    async close() {
      stop.abort()
      await running
      await lease.release().catch(() => undefined)
    },
  }
}

/** Returns how many records were found and delivered. */
async function deliverBatch({ db, clock, destination }: Options, signal: AbortSignal): Promise<number> {
  const records = await findUnstreamed(db, batchSize)
  if (records.length === 0) return 0
  await destination.deliver(batchOf(records), signal)
  const ids = records.map(({ id }) => id)
  await markStreamed(db, ids, clock.now())
  return records.length
}

function batchOf(records: readonly AuditRecord[]): StreamBatch {
  const lines = records.map((record) => `${JSON.stringify({ type: 'audit', ...writeRecord(record) })}\n`).join('')
  const id = createHash('sha256')
  for (const record of records) id.update(record.id)
  return { id: id.digest('base64url'), lines }
}

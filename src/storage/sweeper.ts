import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { DatabaseUnavailableError, StatementTimeoutError } from './database-unavailable-error.ts'
import type { Db, Tx } from './db.ts'
import type { StorageLogger } from './dialect/backend.ts'
import { releaseLease, tryLease } from './lease-repository.ts'

/**
 * Removes what has expired from one table: at most `batchSize` rows, and answers how many it found. Other work that falls due may do likewise.
 * @NOTE Rows that others may lock, and not one by one, are to be found by FOR UPDATE SKIP LOCKED: a sweep takes rows in an order of its own,
 * so it and those others could wait for each other. What is passed over is there at the next sweep.
 */
export type Sweep = { readonly name: string; run(tx: Tx, now: number, batchSize: number): Promise<number> }

export type Sweeper = {
  /** Sweeps now and until nothing expired is left, or each sweep has had an interval's time; does nothing while another process has the lease. */
  sweep(): Promise<void>
  /** Stops after the batch under way and leaves the work to another process. */
  close(): Promise<void>
}

type SweeperOptions = {
  readonly db: Db
  readonly clock: Clock
  readonly logger: StorageLogger
  /** Names this process among those that share the database. */
  readonly holder: string
  readonly sweeps: readonly Sweep[]
  /** Called after each batch that leaves more to do; see Storage. */
  readonly writeBack?: () => void
  readonly intervalMs?: number
  readonly batchSize?: number
}

const leaseName = 'sweeper'

/** A sweep takes at most half of the time, however much has expired: requests come first. */
const waitAsLong = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => undefined)

/** Sweeps every `intervalMs`, in one process at a time. Each batch is one short transaction, so that others get their turn. */
export function startSweeper(options: SweeperOptions): Sweeper {
  const { db, clock, logger, holder, sweeps, intervalMs = 60_000, batchSize = 100, writeBack = () => undefined } = options
  const stop = new AbortController()
  let running: Promise<void> | undefined
  // Longer than the interval: who has swept once goes on, and another takes over only when it is gone.
  const holdsLease = () => tryLease(db, leaseName, holder, clock.now(), intervalMs * 3)
  async function sweepAll(): Promise<void> {
    for (const sweep of sweeps) {
      try {
        if (!(await drain(sweep))) return
      } catch (error) {
        // Without the database the others would fail as well.
        const isTimeout = error instanceof StatementTimeoutError
        if (stop.signal.aborted || (error instanceof DatabaseUnavailableError && !isTimeout)) return
        logger.error({ err: error, sweep: sweep.name }, 'A sweep failed')
      }
    }
  }

  /** Until nothing is left, or for as long as an interval, so that the other sweeps get their turn. False when the rest is not for this process to do. */
  async function drain(sweep: Sweep): Promise<boolean> {
    const beganAt = performance.now()
    while (performance.now() - beganAt < intervalMs) {
      if (stop.signal.aborted || !(await holdsLease())) return false
      const startedAt = performance.now()
      const found = await db.transaction().execute((tx) => sweep.run(tx, clock.now(), batchSize))
      if (found < batchSize) return true
      writeBack()
      await waitAsLong(performance.now() - startedAt, stop.signal)
    }
    return true
  }

  async function sweep(): Promise<void> {
    running ??= sweepAll().finally(() => {
      running = undefined
    })
    await running
  }
  const timer = setInterval(() => void sweep(), intervalMs).unref()
  return {
    sweep,
    async close() {
      clearInterval(timer)
      stop.abort()
      await running
      await releaseLease(db, leaseName, holder).catch(() => undefined)
    },
  }
}

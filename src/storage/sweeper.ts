import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { createWarningThrottle } from '../base/warning-throttle.ts'
import { DatabaseUnavailableError, StatementTimeoutError } from './database-unavailable-error.ts'
import type { Db, Tx } from './db.ts'
import type { StorageLogger } from './dialect/backend.ts'
import { createHeldLease, type HeldLease } from './held-lease.ts'

/**
 * Removes expired rows from one table: at most `batchSize` rows. Returns how many it found. Other periodic work can be a sweep as well.
 * @NOTE If other transactions may lock several of the rows at once, the sweep must find its rows by FOR UPDATE SKIP LOCKED. A sweep
 * locks rows in an order of its own, so otherwise the sweep and another transaction could wait for each other. The next sweep finds the
 * rows that were skipped.
 */
export type Sweep = { readonly name: string; run(tx: Tx, now: number, batchSize: number): Promise<number> }

export type Sweeper = {
  /**
   * Sweeps now, until nothing expired is left or each sweep has run for one interval. Does nothing while another process has the lease.
   */
  sweep(): Promise<void>
  /** Whether this process has the lease, so that it and no other process sweeps. */
  hasLease(): boolean
  /** Stops after the current batch and releases the lease. */
  close(): Promise<void>
}

/** Gets the result of each sweep, for the metrics that the operator sees. */
export type SweepMetrics = {
  /** `at` is in epoch milliseconds. */
  succeeded(sweep: string, at: number): void
  failed(sweep: string): void
}

type SweeperOptions = {
  readonly db: Db
  readonly clock: Clock
  readonly logger: StorageLogger
  /** Identifies this process among those that share the database. */
  readonly holder: string
  readonly sweeps: readonly Sweep[]
  /**
   * Called after each batch that leaves more to do. It has SQLite copy its write-ahead log into the file in small parts, instead of all at
   * once while requests wait.
   */
  readonly checkpoint?: () => void
  readonly metrics?: SweepMetrics
  readonly intervalMs?: number
  readonly batchSize?: number
}

/** A sweep pauses for as long as its last batch took. So it takes at most half of the time, and requests come first. */
const pause = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => undefined)

/**
 * Whether the remaining sweeps are skipped after `error`. If the database is unavailable, they would fail as well. A timeout concerns one
 * statement only, so it does not stop them.
 */
const stopsAllSweeps = (error: unknown) => error instanceof DatabaseUnavailableError && !(error instanceof StatementTimeoutError)

/** Sweeps every `intervalMs`, in one process at a time. Each batch is one short transaction, so other transactions get their turn. */
export function startSweeper(options: SweeperOptions): Sweeper {
  const { db, clock, logger, holder, sweeps, metrics, intervalMs = 60_000 } = options
  const stop = new AbortController()
  const throttle = createWarningThrottle()
  let running: Promise<void> | undefined
  // The lease is longer than the interval. So the process that swept last also sweeps next, and another process takes over only after that
  // process has ended.
  const lease = createHeldLease({ name: 'sweeper', holder }, { db, clock, ttlMs: intervalMs * 3 })

  async function sweepAll(): Promise<void> {
    for (const sweep of sweeps) {
      try {
        if (!(await drain(sweep, { ...options, intervalMs, lease, signal: stop.signal }))) return
        metrics?.succeeded(sweep.name, clock.now())
      } catch (error) {
        if (stop.signal.aborted) return
        metrics?.failed(sweep.name)
        if (stopsAllSweeps(error)) return
        const failures = throttle.countToReport(`${sweep.name} ${error}`, performance.now())
        if (failures !== undefined) logger.error({ err: error, sweep: sweep.name, failures }, 'A sweep failed')
      }
    }
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
    hasLease: lease.isHeld,
    async close() {
      clearInterval(timer)
      stop.abort()
      await running
      await lease.release().catch(() => undefined)
    },
  }
}

type Run = SweeperOptions & { readonly intervalMs: number; readonly lease: HeldLease; readonly signal: AbortSignal }

/** Runs batches until nothing is left, for one interval at most. False when this process is closing or has lost the lease. */
async function drain(sweep: Sweep, { db, clock, checkpoint, batchSize = 100, intervalMs, lease, signal }: Run): Promise<boolean> {
  const beganAt = performance.now()
  while (performance.now() - beganAt < intervalMs) {
    if (signal.aborted || !(await lease.renew())) return false
    const startedAt = performance.now()
    const found = await db.transaction().execute((tx) => sweep.run(tx, clock.now(), batchSize))
    if (found < batchSize) return true
    checkpoint?.()
    await pause(performance.now() - startedAt, signal)
  }
  return true
}

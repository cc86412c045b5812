import { setTimeout as delay } from 'node:timers/promises'
import { createWarningThrottle } from '../../base/warning-throttle.ts'
import { findDueSchemaChanges } from '../../pools/schema-changes/schema-change-repository.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import type { StorageLogger } from '../../storage/dialect/backend.ts'
import { releaseLease, tryLease } from '../../storage/lease-repository.ts'
import { runSchemaChangeStep, type StepDeps } from './schema-change-step.ts'

/** Runs the schema changes of all pools, in one of the processes that share the database. */
export type SchemaChangeRunner = {
  /** Call it after the commit that starts, undoes or finishes a change. It is cheap and never throws. */
  wake(): void
  /** Stops after the current step and leaves the changes to another process. */
  close(): Promise<void>
}

type Options = StepDeps & {
  readonly logger: StorageLogger
  /** Names this process among those that share the database. */
  readonly holder: string
  /** Has SQLite copy its write-ahead log into the file in small parts. */
  readonly checkpoint?: () => void
  /** How often, in milliseconds, to look for a change that is due, or that another process started or left unfinished. */
  readonly pollMs?: number
}

const leaseName = 'schema-changes'

/** After a crash the other processes wait this long before one of them takes the lease over. */
const leaseMs = 15_000
const renewalMs = leaseMs / 3

/** How long to wait before asking again whether earlier transactions have ended. */
const waitMs = 50

export function createSchemaChangeRunner({ logger, holder, checkpoint, pollMs = 2_000, ...deps }: Options): SchemaChangeRunner {
  const stop = new AbortController()
  const throttle = createWarningThrottle()
  let running: Promise<void> | undefined
  let wokenWhileRunning = false

  function report(error: unknown, poolId: string | undefined): void {
    const failures = throttle.countToReport(`${poolId} ${error}`, performance.now())
    if (failures !== undefined) logger.error({ err: error, poolId, failures }, 'A step of a schema change failed')
  }

  async function runWhileWoken(): Promise<void> {
    do {
      wokenWhileRunning = false
      try {
        await runSteps(deps, { holder, checkpoint, stop: stop.signal, report })
      } catch (error) {
        if (stop.signal.aborted || error instanceof DatabaseUnavailableError) return
        report(error, undefined)
      }
    } while (wokenWhileRunning && !stop.signal.aborted)
  }

  function wake(): void {
    if (stop.signal.aborted) return
    if (running !== undefined) {
      wokenWhileRunning = true
      return
    }
    running = runWhileWoken().finally(() => {
      running = undefined
    })
  }

  const poll = setInterval(wake, pollMs).unref()
  return {
    wake,
    async close() {
      clearInterval(poll)
      stop.abort()
      await running
      // If the release fails, the lease expires by itself.
      await releaseLease(deps.db, { name: leaseName, holder }).catch(() => undefined)
    },
  }
}

type Run = {
  readonly holder: string
  readonly checkpoint: (() => void) | undefined
  readonly stop: AbortSignal
  report(error: unknown, poolId: string): void
}

/**
 * Runs steps of all changes that are due, one after the other, until none is or another process has the lease. A change whose step fails waits
 * for the next call, and the others go on.
 * @NOTE The lease only saves work: each step is safe by its own transaction, even if two processes run it.
 */
async function runSteps(deps: StepDeps, { holder, checkpoint, stop, report }: Run): Promise<void> {
  const { db, clock } = deps
  const failed = new Set<string>()
  let leasedAt = Number.NEGATIVE_INFINITY
  for (;;) {
    const found = stop.aborted ? [] : await findDueSchemaChanges(db, clock.now())
    const due = found.filter((poolId) => !failed.has(poolId))
    if (due.length === 0) return
    for (const poolId of due) {
      if (stop.aborted) return
      if (Math.abs(clock.now() - leasedAt) >= renewalMs) {
        leasedAt = clock.now()
        if (!(await tryLease(db, { name: leaseName, holder }, leasedAt, leaseMs))) return
      }
      const startedAt = performance.now()
      const result = await runSchemaChangeStep(deps, poolId).catch((error: unknown) => {
        if (stop.aborted || error instanceof DatabaseUnavailableError) throw error
        // The transaction of the step was rolled back, and the next poll, of this or another process, repeats the step.
        report(error, poolId)
        failed.add(poolId)
        return 'idle' as const
      })
      checkpoint?.()
      // A step pauses for as long as it took. So the changes take at most half of the time, and requests come first.
      await pause(result === 'waiting' ? waitMs : performance.now() - startedAt, stop)
    }
  }
}

const pause = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal }).catch(() => undefined)

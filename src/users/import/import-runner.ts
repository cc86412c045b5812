import { setImmediate as nextTurn } from 'node:timers/promises'
import { createWarningThrottle } from '../../base/warning-throttle.ts'
import { findActiveImport } from '../../pools/active-import-repository.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import type { StorageLogger } from '../../storage/dialect/backend.ts'
import { releaseLease, tryLease } from '../../storage/lease-repository.ts'
import type { ImportDeps } from './import-deps.ts'
import { runImportStep } from './import-step.ts'

/** Runs the active import job, in one of the processes that share the database. */
export type ImportRunner = {
  /** Call it after the commit that starts or stops a job. It is cheap and never throws. */
  wake(): void
  /** Whether this process runs a job. */
  isImporting(): boolean
  /** Stops after the current step and leaves the job to another process. */
  close(): Promise<void>
}

type Options = ImportDeps & {
  readonly logger: StorageLogger
  /** Names this process among those that share the database. */
  readonly holder: string
  /** How often, in milliseconds, to look for a job that another process started or left unfinished. */
  readonly pollMs?: number
}

const leaseName = 'user-import'

/** After a crash the other processes wait this long before one of them takes the lease over. */
const leaseMs = 15_000
const renewalMs = leaseMs / 3

export function createImportRunner({ logger, holder, pollMs = 2_000, ...deps }: Options): ImportRunner {
  const stop = new AbortController()
  const throttle = createWarningThrottle()
  let running: Promise<void> | undefined
  let wokenWhileRunning = false
  let isImporting = false
  const onImport = () => {
    isImporting = true
  }

  async function runWhileWoken(): Promise<void> {
    do {
      wokenWhileRunning = false
      try {
        await runSteps(deps, { holder, stop: stop.signal, onImport })
      } catch (error) {
        // Not logged: the transaction of the step was rolled back, and the next poll, of this or another process, repeats the step.
        if (stop.signal.aborted || error instanceof DatabaseUnavailableError) return
        const failures = throttle.countToReport(String(error), performance.now())
        if (failures !== undefined) logger.error({ err: error, failures }, 'A step of a user import failed')
      } finally {
        isImporting = false
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
    isImporting: () => isImporting,
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
  readonly stop: AbortSignal
  /** Called before each step. */
  readonly onImport: () => void
}

/**
 * Runs steps until no job is active, or another process has the lease.
 * @NOTE The lease only saves work: each step is safe by its own transaction, even if two processes run it.
 */
async function runSteps(deps: ImportDeps, { holder, stop, onImport }: Run): Promise<void> {
  const { db, clock } = deps
  let leasedAt = Number.NEGATIVE_INFINITY
  for (;;) {
    const active = stop.aborted ? undefined : await findActiveImport(db)
    if (active === undefined) return
    if (Math.abs(clock.now() - leasedAt) >= renewalMs) {
      leasedAt = clock.now()
      if (!(await tryLease(db, { name: leaseName, holder }, leasedAt, leaseMs))) return
    }
    onImport()
    await runImportStep(deps, active)
    // Lets waiting requests run first.
    await nextTurn()
  }
}

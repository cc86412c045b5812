import { setImmediate as nextTurn } from 'node:timers/promises'
import { findActiveImport } from '../../pools/active-import-repository.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import type { StorageLogger } from '../../storage/dialect/backend.ts'
import { releaseLease, tryLease } from '../../storage/lease-repository.ts'
import { type ImportDeps, runImportStep } from './import-step.ts'

/** Runs the import job that has the turn, in one process of all that share the database. */
export type ImportRunner = {
  /** To be called after the commit that started or stopped a job. Costs next to nothing and never throws. */
  wake(): void
  /** Stops after the step under way and leaves the job to another process. */
  close(): Promise<void>
}

type Options = ImportDeps & {
  readonly logger: StorageLogger
  /** Names this process among those that share the database. */
  readonly holder: string
  /** How often, in milliseconds, to look for what another process started or left behind. */
  readonly pollMs?: number
}

const leaseName = 'user-import'

/** A process that dies keeps the others waiting for so long. */
const leaseMs = 15_000
const renewalMs = leaseMs / 3

export function createImportRunner({ logger, holder, pollMs = 2_000, ...deps }: Options): ImportRunner {
  const stop = new AbortController()
  let running: Promise<void> | undefined
  let wokenMeanwhile = false

  async function runWhileWoken(): Promise<void> {
    do {
      wokenMeanwhile = false
      try {
        await runSteps(deps, holder, stop.signal)
      } catch (error) {
        // The next look tries again: what was not committed has not happened.
        if (stop.signal.aborted || error instanceof DatabaseUnavailableError) return
        logger.error({ err: error }, 'A step of a user import failed')
      }
    } while (wokenMeanwhile && !stop.signal.aborted)
  }

  function wake(): void {
    if (stop.signal.aborted) return
    if (running !== undefined) {
      wokenMeanwhile = true
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
      // It runs out by itself.
      await releaseLease(deps.db, { name: leaseName, holder }).catch(() => undefined)
    },
  }
}

/**
 * Until no job has the turn, or another process has the lease.
 * @NOTE The lease only keeps two processes from doing the same work in vain: each step is safe by its own transaction.
 */
async function runSteps(deps: ImportDeps, holder: string, stop: AbortSignal): Promise<void> {
  const { db, clock } = deps
  let leasedAt = Number.NEGATIVE_INFINITY
  for (;;) {
    const active = stop.aborted ? undefined : await findActiveImport(db)
    if (active === undefined) return
    if (Math.abs(clock.now() - leasedAt) >= renewalMs) {
      leasedAt = clock.now()
      if (!(await tryLease(db, { name: leaseName, holder }, leasedAt, leaseMs))) return
    }
    await runImportStep(deps, active)
    // Requests that came meanwhile go first.
    await nextTurn()
  }
}

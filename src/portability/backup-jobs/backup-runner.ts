import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '../../base/clock.ts'
import { hourMs } from '../../base/durations.ts'
import { uuidv7 } from '../../base/ids.ts'
import type { Logger } from '../../base/logger.ts'
import { createWarningThrottle } from '../../base/warning-throttle.ts'
import { SettingsError } from '../../settings.ts'
import { DatabaseUnavailableError } from '../../storage/database-unavailable-error.ts'
import type { Db } from '../../storage/db.ts'
import { createHeldLease, type HeldLease } from '../../storage/held-lease.ts'
import type { BackupContent } from '../backup-rows.ts'
import type { Sealing } from '../container/sealing.ts'
import { PortabilityError } from '../portability-error.ts'
import { type BackupJob, fileNameOf, nextScheduledAt } from './backup-job.ts'
import {
  claimJob,
  endJob,
  findActiveJob,
  findBackupJob,
  findLatestJob,
  insertBackupJob,
  listSurplusJobs,
  markRemoved,
} from './backup-job-repository.ts'
import type { BackupTarget, StoredBackup } from './backup-target.ts'

/** Makes the backups of the servers that share a database: one at a time, in one of them. */
export type BackupRunner = {
  /** Whether the settings say where backups go. */
  readonly isConfigured: boolean
  /** Call it after the commit that starts a job. It is cheap and never throws. */
  wake(): void
  /** When the state was the current one that the last good backup has, in epoch milliseconds. */
  findLastSuccess(): Promise<number | undefined>
  /** Stops a backup that is being made; its job fails. */
  close(): Promise<void>
}

export type BackupPlan = {
  readonly target: BackupTarget
  readonly everyHours: number | undefined
  /** How many backups are kept. */
  readonly keep: number
  /** @throws SettingsError when the passphrase cannot be read */
  readSealing(): Sealing
  /** Gives a consistent copy of everything to `use`. */
  copy<T>(use: (content: BackupContent) => Promise<T>): Promise<T>
}

type Options = {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'error'>
  /** Identifies this process among those that share the database. */
  readonly holder: string
  readonly plan: BackupPlan | undefined
  /** Called for each backup that failed. */
  readonly countFailure: () => void
  /** How often, in milliseconds, to look for a job and at the schedule. */
  readonly pollMs?: number
}

/** After a crash the other processes wait this long before one of them takes over. */
const leaseMs = 60_000
const renewalMs = leaseMs / 4

/** How long a stop waits for a backup to notice it. */
const stopMs = 5000

export function createBackupRunner(options: Options): BackupRunner {
  const { db, clock, logger, holder, plan, pollMs = 2000 } = options
  const stop = new AbortController()
  const throttle = createWarningThrottle()
  const lease = createHeldLease({ name: 'backup', holder }, { db, clock, ttlMs: leaseMs })
  let running: Promise<void> | undefined

  async function run(plan: BackupPlan): Promise<void> {
    try {
      await runJobs({ ...options, plan, lease, stop: stop.signal })
    } catch (error) {
      // The next poll tries again.
      if (stop.signal.aborted || error instanceof DatabaseUnavailableError) return
      const failures = throttle.countToReport(String(error), performance.now())
      if (failures !== undefined) logger.error({ err: error, failures }, 'The backups could not be looked after')
    }
  }

  function wake(): void {
    if (plan === undefined || stop.signal.aborted) return
    running ??= run(plan).finally(() => {
      running = undefined
    })
  }

  if (plan !== undefined) void removeAbandoned({ plan, logger })
  const poll = setInterval(wake, pollMs).unref()
  return {
    isConfigured: plan !== undefined,
    wake,
    findLastSuccess: async () => (await findLatestJob(db, 'SUCCEEDED'))?.createdAt,
    async close() {
      clearInterval(poll)
      stop.abort()
      // A job that does not end in time stays RUNNING. The next process marks it as failed.
      await Promise.race([running, delay(stopMs, undefined, { ref: false })])
      await lease.release().catch(() => undefined)
      plan?.target.close()
    },
  }
}

type Run = Options & { readonly plan: BackupPlan; readonly lease: HeldLease; readonly stop: AbortSignal }

/** Makes backups until no job waits and the schedule is kept, or another process has the lease. */
async function runJobs(run: Run): Promise<void> {
  const { db, lease, stop } = run
  while (!stop.aborted) {
    const active = await findActiveJob(db)
    if (active === undefined && !(await isDue(run))) return
    if (!(await lease.renew())) return
    if (active?.status === 'RUNNING') await failAbandoned(run, active)
    else if (active !== undefined) await runJob(run, active)
    else await startScheduled(run)
  }
}

async function isDue({ db, clock, plan: { everyHours } }: Run): Promise<boolean> {
  if (everyHours === undefined) return false
  const [succeeded, attempted] = await Promise.all([findLatestJob(db, 'SUCCEEDED'), findLatestJob(db)])
  const times = { ...(succeeded && { succeededAt: succeeded.createdAt }), ...(attempted && { attemptedAt: attempted.createdAt }) }
  return clock.now() >= nextScheduledAt(everyHours * hourMs, times)
}

/** Another process may have started a job before this one got the lease, so this looks again. */
async function startScheduled(run: Run): Promise<void> {
  const { db, clock } = run
  if ((await findActiveJob(db)) !== undefined || !(await isDue(run))) return
  const now = clock.now()
  await db.transaction().execute((tx) => insertBackupJob(tx, { id: uuidv7(now), cause: 'SCHEDULE', createdAt: now }))
}

/** This process has the lease and makes no backup. So the process that claimed the job is gone. */
async function failAbandoned(run: Run, job: BackupJob): Promise<void> {
  const { db, clock, logger, countFailure } = run
  const failure = 'The server that made the backup ended before the backup was complete.'
  if (!(await endJob(db, job.id, { status: 'FAILED', finishedAt: clock.now(), failure }))) return
  countFailure()
  logger.error({ backup: job.id }, failure)
  await discard(run, job)
}

async function runJob(run: Run, job: BackupJob): Promise<void> {
  const { db, clock, logger, holder, lease, stop } = run
  if (!(await claimJob(db, job.id, holder))) return
  const lost = new AbortController()
  const renewal = setInterval(() => {
    // While the database is away, the lease lasts until its end.
    lease.renew().then(
      (isHeld) => isHeld || lost.abort(),
      () => undefined,
    )
  }, renewalMs)
  let stored: StoredBackup | undefined
  try {
    await removeAbandoned(run)
    stored = await storeBackup(run, job, AbortSignal.any([stop, lost.signal]))
    if (!(await endJob(db, job.id, { status: 'SUCCEEDED', finishedAt: clock.now(), ...stored }))) throw takenForDead()
    logger.info({ backup: job.id, ...stored }, 'Backup made')
    await removeSurplus(run, job)
  } catch (error) {
    await fail(run, job, { error, location: stored?.location })
  } finally {
    clearInterval(renewal)
  }
}

function takenForDead(): PortabilityError {
  return new PortabilityError('The backup took so long that another server counted this server as ended. So the backup was deleted.')
}

function storeBackup({ plan }: Run, job: BackupJob, signal: AbortSignal): Promise<StoredBackup> {
  const sealing = plan.readSealing()
  return plan.copy((content) => plan.target.store(fileNameOf(job), interruptible(content, signal), sealing, signal))
}

/** The content, of which no further batch is read after the signal. */
function interruptible(content: BackupContent, signal: AbortSignal): BackupContent {
  async function* rowsOf<Batch>(rows: AsyncIterable<Batch>): AsyncIterable<Batch> {
    for await (const batch of rows) {
      if (signal.aborted) throw new PortabilityError('The server was stopped before the backup was complete.')
      yield batch
    }
  }
  async function* parts(): BackupContent['parts'] {
    for await (const { table, rows } of content.parts) yield { table, rows: rowsOf(rows) }
  }
  return { ...content, parts: parts() }
}

type Failure = {
  readonly error: unknown
  /** Where the backup is, if it was stored. */
  readonly location: string | undefined
}

/** Ends the job as failed, and removes what it has stored. If the database is away, `failAbandoned` does that later. */
async function fail(run: Run, job: BackupJob, { error, location }: Failure): Promise<void> {
  const { db, clock, logger, countFailure } = run
  const isForOperator = error instanceof PortabilityError || error instanceof SettingsError
  const failure = isForOperator ? error.message : 'The backup failed. The log of the server has the reason.'
  let isSucceeded = false
  try {
    const isEnded = await endJob(db, job.id, { status: 'FAILED', finishedAt: clock.now(), failure })
    // The answer to the commit that ended the job may have been lost, or the deletion of older backups may have failed after it.
    isSucceeded = !isEnded && (await findBackupJob(db, job.id))?.status === 'SUCCEEDED'
  } finally {
    if (!isSucceeded) {
      countFailure()
      const place = location === undefined ? {} : { location }
      logger.error({ backup: job.id, ...place, ...(isForOperator ? { failure } : { err: error }) }, 'A backup failed')
    }
  }
  if (!isSucceeded) await discard(run, job)
}

/** Removes what the job has stored or begun to store. What cannot be removed is named in the log. */
async function discard({ plan, logger }: Run, job: BackupJob): Promise<void> {
  try {
    await plan.target.discard(fileNameOf(job))
  } catch (error) {
    logger.error({ err: error, backup: job.id, name: fileNameOf(job) }, 'What a failed backup may have left could not be removed')
  }
}

async function removeAbandoned({ plan, logger }: Pick<Run, 'plan' | 'logger'>): Promise<void> {
  try {
    await plan.target.removeAbandoned()
  } catch (error) {
    logger.error({ err: error }, 'What killed backups have left could not be removed')
  }
}

/**
 * Deletes the backups for which there are enough newer ones. What cannot be deleted is tried again after the next backup. Calls of
 * StartBackup delete no backup of the schedule: whoever may only start backups must not be able to replace all of them.
 */
async function removeSurplus({ db, clock, logger, plan }: Run, latest: BackupJob): Promise<void> {
  for (const { id, location } of await listSurplusJobs(db, latest, plan.keep - 1)) {
    try {
      if (location !== null) await plan.target.remove(location)
      await markRemoved(db, id, clock.now())
    } catch (error) {
      logger.error({ err: error, backup: id }, 'An older backup could not be deleted')
    }
  }
}

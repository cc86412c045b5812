import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { recordCommand } from '../../audit/audit-trail.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { findActiveImport, type ImportJobKey } from '../../pools/active-import-repository.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Quotas } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import type { StorageLogger } from '../../storage/dialect/backend.ts'
import { endedStatuses, type ImportJob, statusAt } from '../../users/import/import-job.ts'
import { findImportJob, findImportJobByName } from '../../users/import/import-job-repository.ts'
import { createImportRunner } from '../../users/import/import-runner.ts'
import { createRecordsJob } from '../../users/import/records/create-records-job.ts'
import type { RecordFormat, RecordOptions } from '../../users/import/records/record-format.ts'
import { startImportJob } from '../../users/import/start-import-job.ts'
import { storeUpload } from '../../users/import/store-upload.ts'
import { formatReaders } from './format-readers.ts'

export type RunImportDeps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly pools: PoolCatalog
  readonly quotas: Quotas
  readonly publicUrl: string
  readonly logger: StorageLogger
}

export type ImportRequest = {
  readonly file: string
  readonly poolId: string
  readonly jobName: string
  readonly format: RecordFormat
  readonly isDryRun: boolean
  readonly options: RecordOptions
  /** Called about every two seconds with a line for the operator. */
  progress(line: string): void
}

/** The import cannot go on. The message is for the operator. */
export class ImportRefusedError extends Error {
  override readonly name = 'ImportRefusedError'
}

/** How often the job is looked at, and how often its progress is reported, in milliseconds. */
const pollMs = 250
const progressMs = 2_000

/**
 * Imports a file by a job, and returns the job when it has ended. A job of this name that has begun before is continued: it keeps its file.
 * The process that has the lease works on the job: this one, or a server that shares the database. So the process can be killed at any moment.
 *
 * @throws ImportRefusedError when the file cannot be stored, or a job of this name is of another kind
 * @throws ApiError when the pool does not exist or does not allow the job
 */
export async function runImport(deps: RunImportDeps, request: ImportRequest): Promise<ImportJob> {
  const found = await findJob(deps, request)
  const job = found ?? (await createJob(deps, request))
  if (found !== undefined) request.progress(foundText(found))
  const key = { poolId: job.poolId, jobId: job.id }
  if (job.status === 'Created') {
    if (job.uploadId === null) await storeFile(deps, key, request)
    await start(deps, key, request)
  }
  const runner = createImportRunner({ ...deps, importFormats: formatReaders, holder: `command-${randomUUID()}` })
  try {
    runner.wake()
    return await waitForEnd(deps, key, request)
  } finally {
    await runner.close()
  }
}

function foundText({ id, name, status }: ImportJob): string {
  const whatNow = endedStatuses.includes(status) ? 'It has ended; for another import give --job another name.' : 'It goes on.'
  return `The job ${name} was begun before (${id}, ${status}). ${whatNow}`
}

/** The job to continue. One that was never started, and no longer can be, counts as none. */
async function findJob({ db, clock }: RunImportDeps, { poolId, jobName, format, isDryRun }: ImportRequest): Promise<ImportJob | undefined> {
  const job = await findImportJobByName(db, poolId, jobName)
  if (job === undefined || statusAt(job, clock.now()) === 'Expired') return undefined
  if (job.format === format && job.isDryRun === isDryRun) return job
  throw new ImportRefusedError(
    `The user pool has a job ${jobName} of another kind (${job.format ?? 'CSV'}${job.isDryRun ? ', dry run' : ''}). Choose another name.`,
  )
}

function createJob(deps: RunImportDeps, { poolId, jobName, format, isDryRun, options }: ImportRequest): Promise<ImportJob> {
  return createRecordsJob(deps, {
    ...{ poolId, name: jobName, format, isDryRun, options },
    record: (tx, { id, name }) =>
      recordCommand(tx, deps.clock, { operation: 'CreateUserRecordsImportJob', subject: id, detail: `name: ${name}; format: ${format}` }),
  })
}

/** The operator of the database may import files of any size. */
const noLimits = { importMegabytes: Number.POSITIVE_INFINITY, importRows: Number.POSITIVE_INFINITY }

async function storeFile(deps: RunImportDeps, key: ImportJobKey, { file, progress }: ImportRequest): Promise<void> {
  progress('Storing the file in the database, sealed.')
  const refusal = await storeUpload({ ...deps, quotas: noLimits, importFormats: formatReaders }, key, createReadStream(file))
  if (refusal !== undefined) throw new ImportRefusedError(refusal.message)
}

/** Starts the job, as soon as no other job is running. */
async function start({ db, clock }: RunImportDeps, key: ImportJobKey, { progress }: ImportRequest): Promise<void> {
  let isReported = false
  for (;;) {
    const active = await findActiveImport(db)
    if (active === undefined) {
      await db.transaction().execute(async (tx) => {
        const job = await startImportJob(tx, key, clock.now())
        await recordCommand(tx, clock, { operation: 'StartUserImportJob', subject: job.id, detail: `name: ${job.name}` })
      })
      return
    }
    if (!isReported) progress(`Waiting: another import job (${active.jobId}) is running.`)
    isReported = true
    await sleep(pollMs)
  }
}

async function waitForEnd({ db }: RunImportDeps, key: ImportJobKey, { progress }: ImportRequest): Promise<ImportJob> {
  let reportedAt = performance.now()
  for (;;) {
    const job = await findImportJob(db, key)
    if (job === undefined) throw new ImportRefusedError('The import job was deleted with its user pool.')
    if (endedStatuses.includes(job.status)) return job
    if (performance.now() - reportedAt >= progressMs) {
      reportedAt = performance.now()
      progress(`${job.imported} imported, ${job.skipped} skipped, ${job.failed} failed so far.`)
    }
    await sleep(pollMs)
  }
}

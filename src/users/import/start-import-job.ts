import { acquireImportSlot, type ImportJobKey } from '../../pools/active-import-repository.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import { requireNoSchemaChange } from '../../pools/schema-changes/schema-change-repository.ts'
import type { Tx } from '../../storage/db.ts'
import { type ImportJob, importJobNotFound, preconditionNotMet, requireVerifiedAttribute, statusAt } from './import-job.ts'
import { lockImportJob, updateImportJob } from './import-job-repository.ts'

/**
 * Makes the job the running one. Wake the runner after the commit.
 *
 * @throws ApiError ResourceNotFoundException when there is no such job
 * @throws ApiError PreconditionNotMetException when the job cannot be started, or another job is running
 */
export async function startImportJob(tx: Tx, key: ImportJobKey, now: number): Promise<ImportJob> {
  // A concurrent change of the pool waits for this lock. Then it finds the active job and is refused (`requireNoImport`).
  const pool = await requireLockedPool(tx, key.poolId)
  // A change that is being checked refuses values that conflict with it, and so would stop the job.
  await requireNoSchemaChange(tx, pool.id, ['CHECKING'])
  const job = await lockImportJob(tx, key)
  if (job === undefined) throw importJobNotFound(key.jobId)
  requireStartable(job, now)
  if (job.format === null) requireVerifiedAttribute(pool)
  if (!(await acquireImportSlot(tx, key))) throw preconditionNotMet('Another user import job is in progress.')
  const pending: ImportJob = { ...job, status: 'Pending', startedAt: now }
  await updateImportJob(tx, pending)
  return pending
}

function requireStartable(job: ImportJob, now: number): void {
  const status = statusAt(job, now)
  if (status !== 'Created') throw preconditionNotMet(`The user import job cannot be started: its status is ${status}.`)
  if (job.uploadId === null) throw preconditionNotMet(`No csv file was uploaded for ${job.id}`)
}

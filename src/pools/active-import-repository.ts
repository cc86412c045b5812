import { ApiError } from '../contract/api-error.ts'
import type { Db, Tx } from '../storage/db.ts'

/** Names one import job. */
export type ImportJobKey = { readonly poolId: string; readonly jobId: string }

/** The key of the one row that names the running import job. Cognito, too, runs one job at a time in an account. */
const slot = 'user-import'

/** Makes the job the only running one, until `releaseImportSlot`. False while another import job, of any pool, is running. */
export async function acquireImportSlot(tx: Tx, { poolId, jobId }: ImportJobKey): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('active_import')
    .values({ slot, pool_id: poolId, job_id: jobId })
    .onConflict((conflict) => conflict.column('slot').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

export async function releaseImportSlot(tx: Tx, { poolId, jobId }: ImportJobKey): Promise<void> {
  await tx.deleteFrom('active_import').where('slot', '=', slot).where('pool_id', '=', poolId).where('job_id', '=', jobId).execute()
}

/** The running import job, of whichever pool. */
export async function findActiveImport(db: Db | Tx): Promise<ImportJobKey | undefined> {
  return db.selectFrom('active_import').select(['pool_id as poolId', 'job_id as jobId']).where('slot', '=', slot).executeTakeFirst()
}

/**
 * Checks that no import job of the pool is running. Call it before a change or deletion of the pool: the file of a running job was made for
 * the pool's present settings.
 * @NOTE The caller must have locked the pool. The start of a job locks the pool, too.
 * @throws ApiError UserImportInProgressException when a job of the pool is running
 */
export async function requireNoImport(tx: Tx, poolId: string): Promise<void> {
  if ((await findActiveImport(tx))?.poolId !== poolId) return
  throw new ApiError('UserImportInProgressException', 'A user import job is in progress for this user pool.')
}

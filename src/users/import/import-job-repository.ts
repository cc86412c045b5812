import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { type ImportJob, type ImportStatus, startWithinMs } from './import-job.ts'
import { fromRow, toRow } from './import-job-row.ts'

export async function insertImportJob(tx: Tx, job: ImportJob): Promise<void> {
  await tx.insertInto('import_job').values(toRow(job)).execute()
}

export async function findImportJob(db: Db | Tx, { poolId, jobId }: ImportJobKey): Promise<ImportJob | undefined> {
  const row = await db.selectFrom('import_job').selectAll().where('pool_id', '=', poolId).where('id', '=', jobId).executeTakeFirst()
  return row && fromRow(row)
}

/** The newest job of the pool with this name. */
export async function findImportJobByName(db: Db | Tx, poolId: string, name: string): Promise<ImportJob | undefined> {
  const row = await db
    .selectFrom('import_job')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('name', '=', name)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Reads the job, and locks it until the transaction ends. Undefined also for a job of a deleted pool. */
export async function lockImportJob(tx: Tx, { poolId, jobId }: ImportJobKey): Promise<ImportJob | undefined> {
  const row = await tx
    .updateTable('import_job')
    .set((column) => ({ id: column.ref('id') }))
    .where('pool_id', '=', poolId)
    .where('id', '=', jobId)
    // The jobs of a deleted pool have rows until the sweeper removes them. Such a job counts as not found.
    .where(({ exists, selectFrom }) => exists(selectFrom('user_pool').select('user_pool.id').where('user_pool.id', '=', poolId)))
    .returningAll()
    .executeTakeFirst()
  return row && fromRow(row)
}

/** Stores the changed job. The caller has locked it in this transaction. */
export async function updateImportJob(tx: Tx, job: ImportJob): Promise<void> {
  const { pool_id, id, ...changes } = toRow(job)
  await tx.updateTable('import_job').set(changes).where('pool_id', '=', pool_id).where('id', '=', id).execute()
}

/** A page of the import jobs of the pool, the newest first. `after` is the id of the last job of the page before. */
export async function listImportJobs(
  db: Db | Tx,
  poolId: string,
  page: { after: string | undefined; limit: number },
): Promise<readonly ImportJob[]> {
  let query = db.selectFrom('import_job').selectAll().where('pool_id', '=', poolId).orderBy('id', 'desc').limit(page.limit)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  return (await query.execute()).map(fromRow)
}

/** The number of jobs that the pool has ever had; counting stops at `limit`. */
export async function countImportJobsUpTo(db: Db | Tx, poolId: string, limit: number): Promise<number> {
  return (await db.selectFrom('import_job').select('id').where('pool_id', '=', poolId).limit(limit).execute()).length
}

/** Marks up to `limit` jobs that were not started in time as expired; returns how many. */
export async function sweepUnstartedJobs(tx: Tx, now: number, limit: number): Promise<number> {
  const expired = await tx
    .selectFrom('import_job')
    .select(['pool_id', 'id'])
    .where('status', '=', 'Created' satisfies ImportStatus)
    .where('created_at', '<=', now - startWithinMs)
    .orderBy('created_at')
    .limit(limit)
    .execute()
  for (const { pool_id, id } of expired) {
    await tx
      .updateTable('import_job')
      .set({ status: 'Expired' satisfies ImportStatus })
      .where('pool_id', '=', pool_id)
      .where('id', '=', id)
      .where('status', '=', 'Created' satisfies ImportStatus)
      .execute()
  }
  return expired.length
}

export type ImportCounts = Pick<ImportJob, 'imported' | 'skipped' | 'failed'>

/** Adds to the counters of a job that the transaction has locked. */
export async function addImportCounts(tx: Tx, { poolId, jobId }: ImportJobKey, { imported, skipped, failed }: ImportCounts): Promise<void> {
  await tx
    .updateTable('import_job')
    .set((eb) => ({
      imported: eb('imported', '+', imported),
      skipped: eb('skipped', '+', skipped),
      failed: eb('failed', '+', failed),
    }))
    .where('pool_id', '=', poolId)
    .where('id', '=', jobId)
    .execute()
}

import type { Selectable } from 'kysely'
import type { BackupJobTable } from '../../storage/backup-tables.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { BackupCause, BackupJob, BackupStatus } from './backup-job.ts'

function fromRow(row: Selectable<BackupJobTable>): BackupJob {
  return {
    id: row.id,
    status: row.status as BackupStatus,
    cause: row.cause as BackupCause,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    rows: row.rows,
    bytes: row.bytes,
    location: row.location,
    failure: row.failure,
    removedAt: row.removed_at,
  }
}

export async function insertBackupJob(tx: Tx, { id, cause, createdAt }: Pick<BackupJob, 'id' | 'cause' | 'createdAt'>): Promise<void> {
  await tx.insertInto('backup_job').values({ id, cause, status: 'STARTED', created_at: createdAt }).execute()
}

/** Newest first, before the id `before`. */
export async function listBackupJobs(
  db: Db,
  { before, limit }: { before: string | undefined; limit: number },
): Promise<readonly BackupJob[]> {
  const all = db.selectFrom('backup_job').selectAll().orderBy('id', 'desc').limit(limit)
  const rows = await (before === undefined ? all : all.where('id', '<', before)).execute()
  return rows.map(fromRow)
}

/** The oldest job that is not final. */
export async function findActiveJob(db: Db | Tx): Promise<BackupJob | undefined> {
  const active = db.selectFrom('backup_job').selectAll().where('status', 'in', ['STARTED', 'RUNNING'])
  const row = await active.orderBy('id').limit(1).executeTakeFirst()
  return row && fromRow(row)
}

/** A job that no process has begun. */
export async function findWaitingJob(db: Db | Tx): Promise<BackupJob | undefined> {
  const row = await db.selectFrom('backup_job').selectAll().where('status', '=', 'STARTED').limit(1).executeTakeFirst()
  return row && fromRow(row)
}

export async function findLatestJob(db: Db | Tx, status?: BackupStatus): Promise<BackupJob | undefined> {
  const latest = db.selectFrom('backup_job').selectAll().orderBy('id', 'desc').limit(1)
  const row = await (status === undefined ? latest : latest.where('status', '=', status)).executeTakeFirst()
  return row && fromRow(row)
}

export async function findBackupJob(db: Db, id: string): Promise<BackupJob | undefined> {
  const row = await db.selectFrom('backup_job').selectAll().where('id', '=', id).executeTakeFirst()
  return row && fromRow(row)
}

/** Gives a job that waits to its process. False when it waits no longer. */
export async function claimJob(db: Db, id: string, holder: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('backup_job')
    .set({ status: 'RUNNING', holder })
    .where('id', '=', id)
    .where('status', '=', 'STARTED')
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

type Ending = { readonly status: BackupStatus; readonly finishedAt: number } & Partial<
  Pick<BackupJob, 'rows' | 'bytes' | 'location' | 'failure'>
>

/** Ends a running job. False when another process has taken it for dead and ended it. */
export async function endJob(db: Db, id: string, { status, finishedAt, rows, bytes, location, failure }: Ending): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('backup_job')
    .set({
      status,
      finished_at: finishedAt,
      rows: rows ?? null,
      bytes: bytes ?? null,
      location: location ?? null,
      failure: failure ?? null,
    })
    .where('id', '=', id)
    .where('status', '=', 'RUNNING')
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/**
 * The backups of the same cause as `latest` that are not deleted yet, except for `latest` and the `others` newest of the rest. `latest` need
 * not have the last id, because a clock may have been set back.
 */
export async function listSurplusJobs(db: Db, latest: Pick<BackupJob, 'id' | 'cause'>, others: number): Promise<readonly BackupJob[]> {
  const rows = await db
    .selectFrom('backup_job')
    .selectAll()
    .where('status', '=', 'SUCCEEDED')
    .where('removed_at', 'is', null)
    .where('cause', '=', latest.cause)
    .where('id', '!=', latest.id)
    .orderBy('id', 'desc')
    .offset(others)
    .limit(1000)
    .execute()
  return rows.map(fromRow)
}

export async function markRemoved(db: Db, id: string, at: number): Promise<void> {
  await db.updateTable('backup_job').set({ removed_at: at }).where('id', '=', id).execute()
}

/** Deletes up to `limit` jobs that failed, or whose backup was deleted, before the time `before`. Returns how many it found. */
export async function sweepBackupJobs(tx: Tx, before: number, limit: number): Promise<number> {
  const found = await tx
    .selectFrom('backup_job')
    .select('id')
    .where('status', 'in', ['FAILED', 'SUCCEEDED'])
    .where('finished_at', '<', before)
    .where((eb) => eb.or([eb('status', '=', 'FAILED'), eb('removed_at', 'is not', null)]))
    .limit(limit)
    .execute()
  const ids = found.map(({ id }) => id)
  if (ids.length > 0) await tx.deleteFrom('backup_job').where('id', 'in', ids).execute()
  return ids.length
}

import type { Tx } from '../../storage/db.ts'
import type { BackupRow } from '../backup-rows.ts'

/**
 * Workers take due messages and notices whether the pool is visible or not. So these wait until the restore has ended: what is stored is
 * this much later than in the backup.
 */
const postponedMs = 365 * 24 * 3_600_000

const due: Readonly<Record<string, string>> = { outbox: 'next_attempt_at', session_client: 'notify_at' }

/** The row, due later. */
export function postpone(table: string, row: BackupRow): BackupRow {
  const column = due[table]
  const at = column === undefined ? undefined : row[column]
  return column === undefined || typeof at !== 'number' ? row : { ...row, [column]: at + postponedMs }
}

/** Undoes `postpone`. */
export async function endPostponement(tx: Tx, poolId: string): Promise<void> {
  await tx
    .updateTable('outbox')
    .set((eb) => ({ next_attempt_at: eb('next_attempt_at', '-', postponedMs) }))
    .where('pool_id', '=', poolId)
    .where('next_attempt_at', 'is not', null)
    .execute()
  await tx
    .updateTable('session_client')
    .set((eb) => ({ notify_at: eb('notify_at', '-', postponedMs) }))
    .where('pool_id', '=', poolId)
    .where('notify_at', 'is not', null)
    .execute()
}

/**
 * Lets the import job go on that was running, if no other one runs in this installation. Otherwise it is stopped.
 * @param active the row of `active_import` in the backup
 */
export async function resumeImport(tx: Tx, active: BackupRow, now: number): Promise<'resumed' | 'stopped'> {
  const [slot, poolId, jobId] = [active['slot'], active['pool_id'], active['job_id']].map(String) as [string, string, string]
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('active_import')
    .values({ slot, pool_id: poolId, job_id: jobId })
    .onConflict((conflict) => conflict.column('slot').doNothing())
    .executeTakeFirstOrThrow()
  if (numInsertedOrUpdatedRows === 1n) return 'resumed'
  await tx
    .updateTable('import_job')
    .set({
      status: 'Stopped',
      completed_at: now,
      message: 'The job was stopped because the user pool was restored while another job was running.',
    })
    .where('pool_id', '=', poolId)
    .where('id', '=', jobId)
    .execute()
  return 'stopped'
}

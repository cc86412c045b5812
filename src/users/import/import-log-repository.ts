import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'

/** The results of one chunk, a line for each row. The id is the number of the chunk. */
export type LogEntry = { readonly id: string; readonly lines: readonly string[] }

export async function insertLog(tx: Tx, { poolId, jobId }: ImportJobKey, number: number, lines: readonly string[]): Promise<void> {
  await tx
    .insertInto('import_log')
    .values({ pool_id: poolId, job_id: jobId, number, lines: lines.join('\n') })
    .execute()
}

/** A page of the log entries of a job, in the order of the file. `after` is the id of the last entry of the page before. */
export async function listLog(
  db: Db | Tx,
  { poolId, jobId }: ImportJobKey,
  page: { after: string | undefined; limit: number },
): Promise<readonly LogEntry[]> {
  let query = db
    .selectFrom('import_log')
    .select(['number', 'lines'])
    .where('pool_id', '=', poolId)
    .where('job_id', '=', jobId)
    .orderBy('number')
    .limit(page.limit)
  if (page.after !== undefined) query = query.where('number', '>', Number(page.after))
  return (await query.execute()).map(({ number, lines }) => ({ id: String(number), lines: lines.split('\n') }))
}

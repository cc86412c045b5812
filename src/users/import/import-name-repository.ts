import { chunksOf } from '../../base/chunks.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import type { Tx } from '../../storage/db.ts'
import { endedStatuses } from './import-job.ts'

/** A statement has a limited number of parameters. */
const namesPerStatement = 1_000

/** Keyed hashes of the names, because names are personal data. */
export function hashNames(secrets: Secrets, { poolId, jobId }: ImportJobKey, names: readonly string[]): readonly string[] {
  return names.map((name) => secrets.mac('import', 'name', poolId, jobId, name).subarray(0, 16).toString('base64url'))
}

/** Those of the hashes that the job has found before in its file. */
export async function findSeenNames(tx: Tx, { poolId, jobId }: ImportJobKey, hashes: readonly string[]): Promise<ReadonlySet<string>> {
  const seen = new Set<string>()
  for (const some of chunksOf(hashes, namesPerStatement)) {
    const rows = await tx
      .selectFrom('import_name')
      .select('name_hash')
      .where('pool_id', '=', poolId)
      .where('job_id', '=', jobId)
      .where('name_hash', 'in', some)
      .execute()
    for (const { name_hash } of rows) seen.add(name_hash)
  }
  return seen
}

export async function insertSeenNames(tx: Tx, { poolId, jobId }: ImportJobKey, hashes: readonly string[]): Promise<void> {
  for (const some of chunksOf([...new Set(hashes)], namesPerStatement)) {
    await tx
      .insertInto('import_name')
      .values(some.map((name_hash) => ({ pool_id: poolId, job_id: jobId, name_hash })))
      .onConflict((conflict) => conflict.columns(['pool_id', 'job_id', 'name_hash']).doNothing())
      .execute()
  }
}

/** Deletes up to `limit` names of jobs that have ended; returns how many. */
export async function sweepSeenNames(tx: Tx, limit: number): Promise<number> {
  const unneeded = await tx
    .selectFrom('import_name as name')
    .innerJoin('import_job as job', (join) => join.onRef('job.pool_id', '=', 'name.pool_id').onRef('job.id', '=', 'name.job_id'))
    .select(['name.pool_id', 'name.job_id', 'name.name_hash'])
    .where('job.status', 'in', endedStatuses)
    .limit(limit)
    .execute()
  for (const { pool_id, job_id, name_hash } of unneeded) {
    await tx
      .deleteFrom('import_name')
      .where('pool_id', '=', pool_id)
      .where('job_id', '=', job_id)
      .where('name_hash', '=', name_hash)
      .execute()
  }
  return unneeded.length
}

import type { Db } from '../../storage/db.ts'
import type { BackupRow } from '../backup-rows.ts'

type Ids = { readonly ids: readonly string[]; readonly exceptPoolId: string }

/** Those of the ids that app clients of other pools have. The clients of a deleted pool count until they are removed. */
export async function findTakenClients(db: Db, { ids, exceptPoolId }: Ids): Promise<ReadonlySet<string>> {
  const rows = await db.selectFrom('app_client').select('id').where('id', 'in', ids).where('pool_id', '!=', exceptPoolId).execute()
  return new Set(rows.map(({ id }) => id))
}

/** Those of the domains that other pools have. */
export async function findTakenDomains(db: Db, { ids, exceptPoolId }: Ids): Promise<ReadonlySet<string>> {
  const query = db.selectFrom('pool_domain').select('domain').where('domain', 'in', ids).where('pool_id', '!=', exceptPoolId)
  return new Set((await query.execute()).map(({ domain }) => domain))
}

/** The usernames of stored users, by `sub`. */
export async function findUsernames(db: Db, poolId: string, subs: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const query = db.selectFrom('user').select(['sub', 'username']).where('pool_id', '=', poolId).where('sub', 'in', subs)
  return new Map((await query.execute()).map(({ sub, username }) => [sub, username]))
}

/** The audit records that are not in the database. A pool's records outlive the pool, so most of them may be there. */
export async function withoutStoredRecords(db: Db, poolId: string, rows: readonly BackupRow[]): Promise<readonly BackupRow[]> {
  const ids = rows.map(({ id }) => String(id))
  const query = db.selectFrom('audit_record').select('id').where('pool_id', '=', poolId).where('id', 'in', ids)
  const stored = new Set((await query.execute()).map(({ id }) => id))
  return rows.filter(({ id }) => !stored.has(String(id)))
}

import type { Db, Tx } from '../../storage/db.ts'
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

/** The tables whose ids are unique among all pools. Clients and domains have them as well, but can get other ones, or be left out. */
type Queue = 'outbox' | 'inbox_message'

export const isQueue = (table: string): table is Queue => table === 'outbox' || table === 'inbox_message'

/** One of the ids that a message of another pool has. */
export async function findTakenMessage(db: Db, table: Queue, { ids, exceptPoolId }: Ids): Promise<string | undefined> {
  const query = db.selectFrom(table).select('id').where('id', 'in', ids).where('pool_id', '!=', exceptPoolId).limit(1)
  return (await query.executeTakeFirst())?.id
}

export type FindUsernames = (poolId: string, subs: readonly string[]) => Promise<ReadonlyMap<string, string>>

/** The usernames of users by `sub`, from the table of users or a temporary copy of it. */
export async function findUsernames(
  db: Db | Tx,
  poolId: string,
  subs: readonly string[],
  table: 'user' | 'checked_user' = 'user',
): Promise<ReadonlyMap<string, string>> {
  // The types know no temporary tables.
  const query = db
    .selectFrom(table as 'user')
    .select(['sub', 'username'])
    .where('pool_id', '=', poolId)
    .where('sub', 'in', subs)
  return new Map((await query.execute()).map(({ sub, username }) => [sub, username]))
}

/** The audit records that are not in the database. A pool's records outlive the pool, so most of them may be there. */
export async function withoutStoredRecords(db: Db, poolId: string, rows: readonly BackupRow[]): Promise<readonly BackupRow[]> {
  const ids = rows.map(({ id }) => String(id))
  const query = db.selectFrom('audit_record').select('id').where('pool_id', '=', poolId).where('id', 'in', ids)
  const stored = new Set((await query.execute()).map(({ id }) => id))
  return rows.filter(({ id }) => !stored.has(String(id)))
}

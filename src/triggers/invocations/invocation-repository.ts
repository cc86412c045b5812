import { type Compilable, type Insertable, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import type { TriggerInvocationTable } from '../../storage/record-tables.ts'

export async function insertInvocations(tx: Tx, rows: readonly Insertable<TriggerInvocationTable>[]): Promise<void> {
  const kept = await aboutUsersThereAre(tx, rows)
  if (kept.length > 0) await tx.insertInto('trigger_invocation').values(kept).execute()
}

/** They are written a little later than they were made, when their user may have been deleted. */
async function aboutUsersThereAre<Row extends { pool_id: string; sub: string }>(tx: Tx, rows: readonly Row[]): Promise<Row[]> {
  const subs = [...new Set(rows.map(({ sub }) => sub).filter((sub) => sub !== ''))]
  if (subs.length === 0) return [...rows]
  const pools = [...new Set(rows.map(({ pool_id }) => pool_id))]
  const users = tx.selectFrom('user').select(['pool_id', 'sub']).where('pool_id', 'in', pools).where('sub', 'in', subs)
  // Held until the commit, so that a deletion waits and then finds what is stored here. Who is being deleted is as good as gone; to wait for
  // that with others in hand might never end.
  const found = await users.forKeyShare().skipLocked().execute()
  const known = new Set(found.map(({ pool_id, sub }) => `${pool_id} ${sub}`))
  return rows.filter(({ pool_id, sub }) => sub === '' || known.has(`${pool_id} ${sub}`))
}

type Filter = { readonly trigger: string | undefined; readonly outcome: string | undefined; readonly usernameKey: string | undefined }

/** Newest first, from the first one behind `after`. */
export async function listInvocations(
  db: Db | Tx,
  poolId: string,
  { trigger, outcome, usernameKey }: Filter,
  page: { after: string | undefined; limit: number },
): Promise<readonly Selectable<TriggerInvocationTable>[]> {
  let query = db.selectFrom('trigger_invocation').selectAll().where('pool_id', '=', poolId).orderBy('id', 'desc').limit(page.limit)
  if (trigger !== undefined) query = query.where('trigger', '=', trigger)
  if (outcome !== undefined) query = query.where('outcome', '=', outcome)
  if (usernameKey !== undefined) query = query.where('username_key', '=', usernameKey)
  if (page.after !== undefined) query = query.where('id', '<', page.after)
  return query.execute()
}

export async function findInvocation(db: Db | Tx, poolId: string, id: string): Promise<Selectable<TriggerInvocationTable> | undefined> {
  return db.selectFrom('trigger_invocation').selectAll().where('pool_id', '=', poolId).where('id', '=', id).executeTakeFirst()
}

/**
 * Deletes the invocations about `names` from the time before there was a user of that name, such as those of the user's sign-up. They carry
 * no `sub`.
 */
export function deleteInvocationsBeforeUser(tx: Tx, poolId: string, names: readonly string[]): Compilable[] {
  if (names.length === 0) return []
  const ofNames = tx
    .deleteFrom('trigger_invocation')
    .where('pool_id', '=', poolId)
    .where('username_key', 'in', names)
    // Written as an expression: a comparison of `sub` alone could make the database read all records without a user.
    .where(sql`sub || ''`, '=', '')
  return [ofNames]
}

/** Removes up to `limit` of those that began before `before`. */
export async function sweepInvocations(tx: Tx, before: number, limit: number): Promise<number> {
  const old = await tx
    .selectFrom('trigger_invocation')
    .select(['pool_id', 'sub', 'id'])
    .where('started_at', '<', before)
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute()
  for (const { pool_id, sub, id } of old) {
    await tx.deleteFrom('trigger_invocation').where('pool_id', '=', pool_id).where('sub', '=', sub).where('id', '=', id).execute()
  }
  return old.length
}

import { type Compilable, type Insertable, type Selectable, sql } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import type { TriggerInvocationTable } from '../../storage/record-tables.ts'

export async function insertInvocations(tx: Tx, rows: readonly Insertable<TriggerInvocationTable>[]): Promise<void> {
  const insertable = await ofExistingUsers(tx, rows)
  if (insertable.length > 0) await tx.insertInto('trigger_invocation').values(insertable).execute()
}

/** The rows without a user, and the rows whose user still exists. A user may be deleted between an invocation and the write of its row. */
async function ofExistingUsers<Row extends { pool_id: string; sub: string }>(tx: Tx, rows: readonly Row[]): Promise<Row[]> {
  const subs = [...new Set(rows.map(({ sub }) => sub).filter((sub) => sub !== ''))]
  if (subs.length === 0) return [...rows]
  const pools = [...new Set(rows.map(({ pool_id }) => pool_id))]
  const users = tx.selectFrom('user').select(['pool_id', 'sub']).where('pool_id', 'in', pools).where('sub', 'in', subs)
  // The locks last until the commit, so that the deletion of a user waits and then finds these records. A user who is being deleted counts
  // as deleted, because waiting for the deletion while holding other locks could cause a deadlock.
  const found = await users.forKeyShare().skipLocked().execute()
  const known = new Set(found.map(({ pool_id, sub }) => `${pool_id} ${sub}`))
  return rows.filter(({ pool_id, sub }) => sub === '' || known.has(`${pool_id} ${sub}`))
}

type Filter = { readonly trigger: string | undefined; readonly outcome: string | undefined; readonly usernameKey: string | undefined }

/** Up to `page.limit` records of the pool, newest first: those that are older than the record with the id `page.after`. */
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
 * Deletes the invocations about `names` from a time when there was no user of that name, such as invocations during the user's sign-up or
 * after the deletion of a user. Such invocations have no `sub`.
 */
export function deleteInvocationsWithoutUser(tx: Tx, poolId: string, names: readonly string[]): Compilable[] {
  if (names.length === 0) return []
  const ofNames = tx
    .deleteFrom('trigger_invocation')
    .where('pool_id', '=', poolId)
    .where('username_key', 'in', names)
    // Written as an expression: a comparison of `sub` alone could make the database read all records without a user.
    .where(sql`sub || ''`, '=', '')
  return [ofNames]
}

/** Deletes up to `limit` records of invocations that began before the time `before`, and resolves with their number. */
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

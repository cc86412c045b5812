import type { Db, Tx } from '../../storage/db.ts'
import { atFormerPool } from '../passwords/at-former-pool.ts'

/** What is known of a user who came from the former pool. */
export type FormerRecord = {
  readonly sub: string
  /** When the former pool last changed the user, in epoch milliseconds; 0 for a user who came at a sign-in. */
  readonly updatedAt: number
  /** The run of the copy that last saw the user; empty for a user who came at a sign-in. */
  readonly seenIn: string
  /** The digests of what was taken, by name. */
  readonly base: Readonly<Record<string, string>>
  readonly hasPassword: boolean
}

/** The records of those of the users who came from the former pool, by `sub`. */
export async function findFormerRecords(db: Db | Tx, poolId: string, subs: readonly string[]): Promise<ReadonlyMap<string, FormerRecord>> {
  if (subs.length === 0) return new Map()
  const rows = await db.selectFrom('former_user').selectAll().where('pool_id', '=', poolId).where('sub', 'in', subs).execute()
  return new Map(
    rows.map((row) => [
      row.sub,
      { sub: row.sub, updatedAt: row.updated_at, seenIn: row.seen_in, base: JSON.parse(row.base), hasPassword: row.has_password === 1 },
    ]),
  )
}

/** Stores the records, in place of earlier ones of the same users. */
export async function putFormerRecords(tx: Tx, poolId: string, records: readonly FormerRecord[]): Promise<void> {
  if (records.length === 0) return
  await tx
    .insertInto('former_user')
    .values(
      records.map(({ sub, updatedAt, seenIn, base, hasPassword }) => ({
        pool_id: poolId,
        sub,
        updated_at: updatedAt,
        seen_in: seenIn,
        base: JSON.stringify(base),
        has_password: hasPassword ? 1 : 0,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(['pool_id', 'sub']).doUpdateSet((row) => ({
        updated_at: row.ref('excluded.updated_at'),
        seen_in: row.ref('excluded.seen_in'),
        base: row.ref('excluded.base'),
        has_password: row.ref('excluded.has_password'),
      })),
    )
    .execute()
}

/** Notes that the run has seen the users. */
export async function markSeen(tx: Tx, poolId: string, subs: readonly string[], run: string): Promise<void> {
  if (subs.length === 0) return
  await tx.updateTable('former_user').set({ seen_in: run }).where('pool_id', '=', poolId).where('sub', 'in', subs).execute()
}

/** The users of this pool whom an earlier run has seen in the former pool, and this run has not; ordered by `sub`, after `after`. */
export async function listUnseen(
  db: Db,
  poolId: string,
  run: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly { readonly sub: string; readonly username: string }[]> {
  return db
    .selectFrom('former_user')
    .innerJoin('user', (join) => join.onRef('user.pool_id', '=', 'former_user.pool_id').onRef('user.sub', '=', 'former_user.sub'))
    .select(['user.sub', 'user.username'])
    .where('former_user.pool_id', '=', poolId)
    .where('former_user.seen_in', 'not in', [run, ''])
    .where('former_user.sub', '>', after)
    .orderBy('former_user.sub')
    .limit(limit)
    .execute()
}

/** How many passwords are still at the former pool. */
export async function countWaiting(db: Db, poolId: string): Promise<number> {
  const { count } = await db
    .selectFrom('user')
    .select(({ fn }) => fn.countAll<number | bigint | string>().as('count'))
    .where('pool_id', '=', poolId)
    .where('password', '=', atFormerPool)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** How many users had a password at the former pool and have one here now. */
export async function countComeOver(db: Db, poolId: string): Promise<number> {
  const { count } = await db
    .selectFrom('former_user')
    .innerJoin('user', (join) => join.onRef('user.pool_id', '=', 'former_user.pool_id').onRef('user.sub', '=', 'former_user.sub'))
    .select(({ fn }) => fn.countAll<number | bigint | string>().as('count'))
    .where('former_user.pool_id', '=', poolId)
    .where('former_user.has_password', '=', 1)
    .where('user.password', '!=', atFormerPool)
    .executeTakeFirstOrThrow()
  return Number(count)
}

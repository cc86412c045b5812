import type { Db, Tx } from './db.ts'

/** Records that the process `node` could write at `now`. */
export async function writeHeartbeat(db: Db | Tx, node: string, now: number): Promise<void> {
  await db
    .insertInto('node_heartbeat')
    .values({ node, at: now })
    .onConflict((conflict) => conflict.column('node').doUpdateSet({ at: now }))
    .execute()
}

/** Deletes up to `limit` records of processes that have written nothing since `before`. Returns how many. */
export async function sweepHeartbeats(db: Db | Tx, before: number, limit: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('node_heartbeat')
    .where('node', 'in', (over) => over.selectFrom('node_heartbeat').select('node').where('at', '<', before).orderBy('at').limit(limit))
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** When a process last showed that it can write, in epoch milliseconds. Undefined if there is no record of a process. */
export async function findLatestHeartbeat(db: Db | Tx): Promise<number | undefined> {
  const row = await db.selectFrom('node_heartbeat').select('at').orderBy('at', 'desc').limit(1).executeTakeFirst()
  return row?.at
}

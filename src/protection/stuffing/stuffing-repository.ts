import type { Selectable } from 'kysely'
import type { Db, Tx } from '../../storage/db.ts'
import { deleteExpiredRows } from '../../storage/expired-rows.ts'
import type { StuffingNetworkTable } from '../../storage/pool-tables.ts'
import { emptyTally, expiryOf, type Tally, usersOf } from './tally.ts'

/** A network that is slowed down. */
export type SlowedNetwork = { readonly id: string; readonly tally: Tally }

type Change = (network: string, stored: Tally | undefined) => Tally

/**
 * The most networks of a pool that are stored. A flood of addresses makes room for itself by pushing out the networks with the fewest users
 * who failed, so an attacker cannot push out a network that attacks.
 */
const mostNetworks = 5000

/**
 * Replaces the tallies of some networks of a pool. Processes that change the same networks wait for each other. Returns what is stored then;
 * a network is missing if another process has stored it first at the same time, or if the pool was deleted.
 */
export async function changeTallies(
  tx: Tx,
  poolId: string,
  { networks, now, change }: { readonly networks: readonly string[]; readonly now: number; readonly change: Change },
): Promise<ReadonlyMap<string, Tally>> {
  const pool = await tx.selectFrom('user_pool').select('id').where('id', '=', poolId).forKeyShare().executeTakeFirst()
  if (pool === undefined) return new Map()
  const stored = await lockTallies(tx, poolId, networks)
  const created = networks.filter((network) => !stored.has(network))
  if (created.length > 0) await makeRoom(tx, poolId, created.length)
  const changed = new Map<string, Tally>()
  // All processes lock new rows in the same order, so they do not wait for each other in a circle.
  for (const network of [...networks].sort()) {
    const before = stored.get(network)
    const tally = change(network, before)
    const isStored = before === undefined ? await insert(tx, poolId, network, tally, now) : await update(tx, poolId, network, tally, now)
    if (isStored) changed.set(network, tally)
  }
  return changed
}

async function lockTallies(tx: Tx, poolId: string, networks: readonly string[]): Promise<Map<string, Tally>> {
  const rows = await tx
    .selectFrom('stuffing_network')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('network', 'in', networks)
    .orderBy('network')
    .forUpdate()
    .execute()
  return new Map(rows.map((row) => [row.network, toTally(row)]))
}

async function makeRoom(tx: Tx, poolId: string, wanted: number): Promise<void> {
  const { count } = await tx
    .selectFrom('stuffing_network')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('pool_id', '=', poolId)
    .executeTakeFirstOrThrow()
  const excess = Number(count) + wanted - mostNetworks
  if (excess <= 0) return
  const weakest = await tx
    .selectFrom('stuffing_network')
    .select('network')
    .where('pool_id', '=', poolId)
    .orderBy('slowed_until')
    .orderBy('failed_users')
    .limit(excess)
    .forUpdate()
    .skipLocked()
    .execute()
  if (weakest.length === 0) return
  const names = weakest.map(({ network }) => network)
  await tx.deleteFrom('stuffing_network').where('pool_id', '=', poolId).where('network', 'in', names).execute()
}

async function insert(tx: Tx, poolId: string, network: string, tally: Tally, now: number): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('stuffing_network')
    .values({ pool_id: poolId, network, ...toColumns(tally, now) })
    .onConflict((conflict) => conflict.columns(['pool_id', 'network']).doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

async function update(tx: Tx, poolId: string, network: string, tally: Tally, now: number): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('stuffing_network')
    .set(toColumns(tally, now))
    .where('pool_id', '=', poolId)
    .where('network', '=', network)
    .executeTakeFirstOrThrow()
  return numUpdatedRows === 1n
}

/** Ends the slow-down of a network, and forgets what was counted. False when the network is not slowed down. */
export async function clearNetwork(tx: Tx, poolId: string, network: string, now: number): Promise<boolean> {
  const stored = (await lockTallies(tx, poolId, [network])).get(network)
  if (stored === undefined || stored.slowedUntil <= now) return false
  // The row says to the other processes that what they have counted so far is void.
  return update(tx, poolId, network, { ...emptyTally, window: stored.window, clearedAt: now }, now)
}

/** The networks of the pool that are slowed down, in the order of their names, beginning after the name `after`. */
export async function listSlowedNetworks(
  db: Db | Tx,
  poolId: string,
  { now, after, limit }: { readonly now: number; readonly after: string | undefined; readonly limit: number },
): Promise<readonly SlowedNetwork[]> {
  let query = db
    .selectFrom('stuffing_network')
    .selectAll()
    .where('pool_id', '=', poolId)
    .where('slowed_until', '>', now)
    .orderBy('network')
    .limit(limit)
  if (after !== undefined) query = query.where('network', '>', after)
  return (await query.execute()).map((row) => ({ id: row.network, tally: toTally(row) }))
}

/** The levels of the networks of a pool that are slowed down. */
export async function findLevels(db: Db, poolId: string, now: number): Promise<ReadonlyMap<string, number>> {
  const rows = await db
    .selectFrom('stuffing_network')
    .select(['network', 'level'])
    .where('pool_id', '=', poolId)
    .where('slowed_until', '>', now)
    .limit(mostNetworks)
    .execute()
  return new Map(rows.map(({ network, level }) => [network, level]))
}

/** How many networks are slowed down, over all pools. */
export async function countSlowed(db: Db, now: number): Promise<number> {
  const { count } = await db
    .selectFrom('stuffing_network')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('slowed_until', '>', now)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Deletes up to `limit` tallies that say nothing since the time `before`. Returns how many it found. */
export function sweepStuffing(db: Db | Tx, before: number, limit: number): Promise<number> {
  return deleteExpiredRows(db, { table: 'stuffing_network', key: ['pool_id', 'network'] }, before, limit)
}

type Columns = Omit<Selectable<StuffingNetworkTable>, 'pool_id' | 'network'>

function toColumns(tally: Tally, now: number): Columns {
  const { window, current, previous } = tally
  return {
    counts: JSON.stringify({ window, current, previous }),
    failed_users: usersOf(tally, now).failed,
    level: tally.level,
    slowed_since: tally.slowedSince,
    slowed_until: tally.slowedUntil,
    cleared_at: tally.clearedAt,
    expires_at: expiryOf(tally),
  }
}

function toTally(row: Columns): Tally {
  const counts = JSON.parse(row.counts) as Pick<Tally, 'window' | 'current' | 'previous'>
  const { level, slowed_since: slowedSince, slowed_until: slowedUntil, cleared_at: clearedAt } = row
  return { ...counts, level, slowedSince, slowedUntil, clearedAt }
}

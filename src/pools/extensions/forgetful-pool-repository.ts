import type { Db, Tx } from '../../storage/db.ts'
import type { Pool } from '../pool.ts'
import { fromRow } from '../pool-row.ts'
import { extensionsOf } from './pool-extensions.ts'

/** The pools that forget whoever signs up and does not confirm. */
export async function listPoolsWithExpiringSignUps(db: Db | Tx): Promise<readonly Pool[]> {
  const rows = await db.selectFrom('user_pool').selectAll().where('config', 'like', '%"unconfirmedLifetimeHours":%').orderBy('id').execute()
  return rows.map(fromRow).filter((pool) => extensionsOf(pool).signUp.unconfirmedLifetimeHours !== undefined)
}

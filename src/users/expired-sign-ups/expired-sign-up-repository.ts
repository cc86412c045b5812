import { uuidv7 } from '../../base/ids.ts'
import type { Tx } from '../../storage/db.ts'
import { searchKey } from '../search-index.ts'

const statusName = 'cognito:user_status'
const lowestBits = Buffer.alloc(16)

/** The subs of up to `limit` users who signed up at `last` or before, and are neither confirmed nor disabled. The oldest come first. */
export async function listExpiredSignUps(tx: Tx, poolId: string, last: number, limit: number): Promise<readonly string[]> {
  const rows = await tx
    .selectFrom('user_attribute')
    .innerJoin('user', (join) => join.onRef('user.pool_id', '=', 'user_attribute.pool_id').onRef('user.sub', '=', 'user_attribute.sub'))
    .select('user.sub')
    .where('user_attribute.pool_id', '=', poolId)
    .where('user_attribute.name', '=', statusName)
    .where('user_attribute.value_key', '=', searchKey(statusName, 'UNCONFIRMED'))
    // A `sub` begins with its time of creation, so the index leads straight to the oldest users.
    .where('user_attribute.sub', '<', uuidv7(last + 1, lowestBits))
    .where('user.status', '=', 'UNCONFIRMED')
    .where('user.enabled', '=', 1)
    .where('user.created_at', '<=', last)
    .orderBy('user_attribute.sub')
    .limit(limit)
    .forUpdate('user')
    .skipLocked()
    .execute()
  return rows.map(({ sub }) => sub)
}

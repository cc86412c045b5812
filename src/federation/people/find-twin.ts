import { federationOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { listUsers } from '../../users/list/user-list-repository.ts'
import { searchKey } from '../../users/search-index.ts'
import { type Attributes, isVerified, type User } from '../../users/user.ts'

/**
 * The only user of the pool who has the same e-mail address, verified on both sides. Undefined in pools that keep identities separate. An
 * address that one side has not verified proves nothing: anybody could have typed it (account pre-hijacking).
 */
export async function findTwin(db: Db, pool: Pool, mapped: Attributes): Promise<User | undefined> {
  const { email } = mapped
  if (federationOf(pool).linking === 'SEPARATE' || !email || !isVerified(mapped, 'email')) return undefined
  const filter = { by: 'attribute', name: 'email', match: 'equal', key: searchKey('email', email) } as const
  const { users } = await listUsers(db, pool.id, filter, { limit: 20, after: undefined })
  const twins = users.filter(({ status, attributes }) => status !== 'UNCONFIRMED' && isVerified(attributes, 'email'))
  return twins.length === 1 ? twins[0] : undefined
}

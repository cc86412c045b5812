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
  const twins = users.filter((user) => user.status !== 'UNCONFIRMED' && hasVerifiedAddress(user, email))
  return twins.length === 1 ? twins[0] : undefined
}

/** Whether the address is the user's, and verified. */
export const hasVerifiedAddress = ({ attributes }: Pick<User, 'attributes'>, email: string): boolean =>
  isVerified(attributes, 'email') && isSameAddress(attributes['email'] ?? '', email)

/**
 * Search ignores the case of all letters. Here only that of A to Z may differ: `toLowerCase` also makes a `k` of the Kelvin sign (U+212A), and
 * that is another mailbox.
 */
const isSameAddress = (one: string, other: string): boolean => asciiLowerCase(one) === asciiLowerCase(other)

const asciiLowerCase = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())

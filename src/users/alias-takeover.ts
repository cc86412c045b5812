import { isTestUser } from '../messaging/test-user-code.ts'
import type { Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { storeUser } from './attribute-changes.ts'
import { nameTaken } from './taken-names.ts'
import { type Alias, aliasesOf, isContactAttribute, type User } from './user.ts'
import { findOwner, lockUser } from './user-repository.ts'

/**
 * Locks the user, and takes the addresses away from whoever signs in with them: an alias belongs to the last user who proved it.
 * The former holders keep the address, unverified. Only pools with alias attributes hand addresses over; in all others, and for
 * names that are no addresses, a clash remains a clash. Undefined when there is no such user (not yet, or no longer).
 *
 * @NOTE All users are locked in one order, so that two users who take addresses from each other do not wait for each other.
 */
export async function lockUserTakingAliases(
  tx: Tx,
  pool: Pool,
  sub: string,
  aliases: readonly Alias[],
  now: number,
): Promise<User | undefined> {
  const taken = aliases.filter(({ kind }) => isContactAttribute(kind) && pool.aliasAttributes.includes(kind))
  const holders = new Set<string>([sub])
  for (const alias of taken) {
    const owner = await findOwner(tx, pool.id, alias)
    if (owner !== undefined) holders.add(owner)
  }
  let user: User | undefined
  for (const holder of [...holders].sort()) {
    const locked = await lockUser(tx, pool.id, holder)
    if (holder === sub) user = locked
    else if (locked !== undefined) await loseAliases(tx, pool, locked, taken, now)
  }
  requireProperProof(pool, user, holders, taken)
  return user
}

/**
 * The code of a test user is known to whoever runs the tests and proves no address to anybody: it is none to take somebody's address
 * away by. Throws AliasExistsException, and nothing has been taken.
 */
function requireProperProof(pool: Pool, user: User | undefined, holders: ReadonlySet<string>, [alias]: readonly Alias[]): void {
  if (user !== undefined && alias !== undefined && holders.size > 1 && isTestUser(pool, user)) throw nameTaken(alias.kind)
}

async function loseAliases(tx: Tx, pool: Pool, holder: User, aliases: readonly Alias[], now: number): Promise<void> {
  const isLost = (alias: Alias) => aliases.some(({ kind, key }) => kind === alias.kind && key === alias.key)
  const attributes: Record<string, string> = { ...holder.attributes }
  // Read again under the lock: the holder may have changed or lost the address meanwhile.
  for (const alias of aliasesOf(pool, holder)) if (isLost(alias)) attributes[`${alias.kind}_verified`] = 'false'
  await storeUser(tx, pool, holder, { ...holder, attributes, updatedAt: now })
}

import { isTestUser } from '../messaging/test-user-code.ts'
import type { Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { storeUser } from './attribute-changes.ts'
import { type Alias, aliasesOf, isContactAttribute, type User } from './user.ts'
import { nameTaken } from './user-names.ts'
import { findOwner, lockUser } from './user-repository.ts'

/** Those of `aliases` that pass to the user who proved them last: the addresses, in a pool that has them as alias attributes. */
export function transferableAliases(pool: Pool, aliases: readonly Alias[]): readonly Alias[] {
  return aliases.filter(({ kind }) => isContactAttribute(kind) && pool.aliasAttributes.includes(kind))
}

/**
 * Locks the user `sub`, and takes those of `aliases` that are transferable (see `transferableAliases`) away from their present owners. The
 * owners keep the addresses, but unverified. Other aliases stay with their owners, so the caller cannot store them for this user. Undefined
 * when the user does not exist (not yet, or no longer).
 *
 * @NOTE All users are locked in the order of their `sub`, so that two users who take addresses from each other do not deadlock.
 * @throws ApiError AliasExistsException when a test user would take an address; the caller's transaction must then be rolled back
 */
export async function lockUserTakingAliases(
  tx: Tx,
  pool: Pool,
  { sub, aliases }: { readonly sub: string; readonly aliases: readonly Alias[] },
  now: number,
): Promise<User | undefined> {
  const taken = transferableAliases(pool, aliases)
  const involved = new Set<string>([sub])
  for (const alias of taken) {
    const owner = await findOwner(tx, pool.id, alias)
    if (owner !== undefined) involved.add(owner)
  }
  let user: User | undefined
  for (const each of [...involved].sort()) {
    const locked = await lockUser(tx, pool.id, each)
    if (each === sub) user = locked
    else if (locked !== undefined) await removeAliases(tx, pool, locked, { aliases: taken, now })
  }
  const [alias] = taken
  // Test-user codes are public knowledge, so they never justify taking an address from another user.
  if (user !== undefined && alias !== undefined && involved.size > 1 && isTestUser(pool, user)) throw nameTaken(alias.kind)
  return user
}

async function removeAliases(
  tx: Tx,
  pool: Pool,
  owner: User,
  { aliases, now }: { readonly aliases: readonly Alias[]; readonly now: number },
): Promise<void> {
  const isLost = (alias: Alias) => aliases.some(({ kind, key }) => kind === alias.kind && key === alias.key)
  const attributes: Record<string, string> = { ...owner.attributes }
  // Compared again under the lock: the owner may have changed or lost the address meanwhile.
  for (const alias of aliasesOf(pool, owner)) if (isLost(alias)) attributes[`${alias.kind}_verified`] = 'false'
  await storeUser(tx, pool, owner, { ...owner, attributes, updatedAt: now })
}

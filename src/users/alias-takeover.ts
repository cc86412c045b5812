import { isTestUser } from '../messaging/test-user-code.ts'
import type { Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import { storeUser } from './attribute-changes.ts'
import { type Alias, aliasesOf, isContactAttribute, type User } from './user.ts'
import { findOwner } from './user-name-repository.ts'
import { nameTaken } from './user-names.ts'
import { lockUser } from './user-repository.ts'

/** Those of `aliases` that pass to the user who proved them last: the addresses, in a pool that has them as alias attributes. */
export function transferableAliases(pool: Pool, aliases: readonly Alias[]): readonly Alias[] {
  return aliases.filter(({ kind }) => isContactAttribute(kind) && pool.aliasAttributes.includes(kind))
}

/**
 * Locks the user `sub`, and takes those of `aliases` that are transferable (see `transferableAliases`) away from their present owners. The
 * owners keep the addresses, but unverified. Other aliases stay with their owners, so the caller cannot store them for this user. `user` is
 * undefined when the user does not exist (not yet, or no longer). `takenFrom` has the `sub` of each user who lost an alias.
 *
 * @NOTE All users are locked in the order of their `sub`, so that two users who take addresses from each other do not deadlock.
 * @throws ApiError AliasExistsException when a test user would take an address; the caller's transaction must then be rolled back
 */
export async function lockUserTakingAliases(
  tx: Tx,
  pool: Pool,
  { sub, aliases }: { readonly sub: string; readonly aliases: readonly Alias[] },
  now: number,
): Promise<{ user: User | undefined; takenFrom: readonly string[] }> {
  const taken = transferableAliases(pool, aliases)
  const involved = new Set<string>([sub])
  for (const alias of taken) {
    const owner = await findOwner(tx, pool, alias)
    if (owner !== undefined) involved.add(owner)
  }
  const takenFrom: string[] = []
  let user: User | undefined
  for (const each of [...involved].sort()) {
    const locked = await lockUser(tx, pool.id, each)
    if (each === sub) user = locked
    else if (locked !== undefined && (await removeAliases(tx, pool, locked, { aliases: taken, now }))) takenFrom.push(each)
  }
  const [alias] = taken
  // Test-user codes are public knowledge, so they never justify taking an address from another user.
  if (user !== undefined && alias !== undefined && involved.size > 1 && isTestUser(pool, user)) throw nameTaken(alias.kind)
  return { user, takenFrom }
}

/** The part of an audit record's detail that says who lost an alias. Undefined when no user did. */
export function detailOfTaken(takenFrom: readonly string[]): string | undefined {
  return takenFrom.length === 0 ? undefined : `aliases taken from: ${takenFrom.join(', ')}`
}

/** Returns whether the owner had one of the aliases. */
async function removeAliases(
  tx: Tx,
  pool: Pool,
  owner: User,
  { aliases, now }: { readonly aliases: readonly Alias[]; readonly now: number },
): Promise<boolean> {
  const isLost = (alias: Alias) => aliases.some(({ kind, key }) => kind === alias.kind && key === alias.key)
  const attributes: Record<string, string> = { ...owner.attributes }
  // Compared again under the lock: the owner may have changed or lost the address meanwhile.
  const lost = aliasesOf(pool, owner).filter(isLost)
  for (const { kind } of lost) attributes[`${kind}_verified`] = 'false'
  await storeUser(tx, pool, owner, { ...owner, attributes, updatedAt: now })
  return lost.length > 0
}

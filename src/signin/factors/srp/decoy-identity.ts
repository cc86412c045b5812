import { randomBytes } from 'node:crypto'
import type { Secrets } from '../../../base/secrets.ts'
import { hasMixedNames, nameKey, type Pool } from '../../../pools/pool.ts'
import { decoySalt } from '../../../users/decoy.ts'
import type { PasswordVerifier } from '../../../users/passwords/passwords.ts'
import { isSubShaped } from '../../../users/user.ts'

/**
 * The name and salt of a decoy in the first answer of SRP. They are stable for a given name. In a pool with username attributes, usernames
 * are UUIDs, so the decoy's name is its `sub`. In other pools the decoy's name is the one that the client sent, in the spelling that the
 * pool stores: a UUID would give the decoy away.
 *
 * Exception: if the client sent a name that looks like an alias, the decoy's name is its `sub`. The answer to a user with this alias would
 * show the user's username, so it would also differ from what the client sent.
 */
export function decoyIdentity(
  secrets: Secrets,
  pool: Pool,
  { sub, typed }: { sub: string; typed: string },
): PasswordVerifier & { readonly name: string } {
  const isAddress = /^\+\d+$|@/.test(typed)
  // In a pool with mixed names some users still have a username of their own.
  const hasOwnNames = pool.usernameAttributes.length === 0 || (hasMixedNames(pool) && !isAddress && !isSubShaped(typed))
  const looksLikeAlias = pool.aliasAttributes.length > 0 && isAddress
  const name = hasOwnNames && !looksLikeAlias ? storedForm(pool, typed) : sub
  return { name, salt: decoySalt(secrets, pool, sub), verifier: randomBytes(384) }
}

/** The typed name as the pool would store it: in lower case when the pool ignores case. */
function storedForm(pool: Pool, typed: string): string {
  return pool.caseSensitive === false ? nameKey(pool, typed) : typed
}

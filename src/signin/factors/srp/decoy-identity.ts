import { randomBytes } from 'node:crypto'
import type { Secrets } from '../../../base/secrets.ts'
import { nameKey, type Pool } from '../../../pools/pool.ts'
import { decoySalt } from '../../../users/decoy.ts'
import type { PasswordVerifier } from '../../../users/passwords/passwords.ts'

/**
 * What the first answer of SRP shows of a user who does not exist: the same salt and name each time. Where users are named by address
 * the real name is a UUID, and so is the decoy's. Where they are not, a real user's name comes back as it was stored, and a UUID would
 * give the stranger away; only someone who signs in by an alias sees a name they did not type, which a decoy has to invent.
 */
export function decoyIdentity(
  secrets: Secrets,
  pool: Pool,
  { sub, typed }: { sub: string; typed: string },
): PasswordVerifier & { readonly name: string } {
  const hasOwnNames = pool.usernameAttributes.length === 0
  const looksLikeAlias = pool.aliasAttributes.length > 0 && /^\+\d+$|@/.test(typed)
  const name = hasOwnNames && !looksLikeAlias ? storedForm(pool, typed) : sub
  return { name, salt: decoySalt(secrets, pool, sub), verifier: randomBytes(384) }
}

/** Pools that ignore case store usernames in lower case. */
function storedForm(pool: Pool, typed: string): string {
  return pool.caseSensitive === false ? nameKey(pool, typed) : typed
}

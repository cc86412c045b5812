import { randomBytes } from 'node:crypto'
import type { Secrets } from '../../../base/secrets.ts'
import { nameKey, type Pool } from '../../../pools/pool.ts'
import { decoySalt } from '../../../users/decoy.ts'
import type { PasswordVerifier } from '../../../users/passwords/passwords.ts'

/**
 * The name and salt of a decoy in the first answer of SRP. They are stable for a given name. Where users sign up with an address, the
 * username of a user is a UUID, and so is the decoy's. In other pools a user's name is returned as it was stored, so a UUID would give the
 * decoy away. But when the client sends an alias, the answer has the user's username, which the client did not send. For a decoy, the `sub`
 * stands for that username.
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

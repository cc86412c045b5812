import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { atFormerPool } from './at-former-pool.ts'
import { insertFormerPassword, listFormerPasswords } from './password-history-repository.ts'
import type { Passwords } from './passwords.ts'

/**
 * Refuses a new password that the user has used before. Never call it inside a transaction: each comparison takes a modular exponentiation, or the
 * computation of a hash.
 * @throws ApiError PasswordHistoryPolicyViolationException when the new password is the current one, or in the history that the pool keeps
 */
export async function requireUnusedPassword(
  { db, passwords }: { db: Db; passwords: Passwords },
  pool: Pool,
  user: User,
  password: string,
): Promise<void> {
  const historySize = pool.passwordPolicy.historySize ?? 0
  if (historySize === 0) return
  const former = await listFormerPasswords(db, pool.id, user.sub, historySize - 1)
  for (const sealed of [user.password, ...former.map((entry) => entry.password)]) {
    if (sealed !== null && (await passwords.matches(pool, user, sealed, password))) {
      throw new ApiError('PasswordHistoryPolicyViolationException', 'Password has previously been used')
    }
  }
}

/** Adds `before.password` to the history. Call it in the transaction that replaces this password, with the user locked. */
export async function addToPasswordHistory(tx: Tx, pool: Pool, before: User, now: number): Promise<void> {
  const historySize = pool.passwordPolicy.historySize ?? 0
  if (historySize <= 1 || before.password === null || before.password === atFormerPool) return
  await insertFormerPassword(tx, { poolId: pool.id, sub: before.sub, password: before.password, at: now }, historySize - 1)
}

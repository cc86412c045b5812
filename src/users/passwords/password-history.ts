import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { keepFormerPassword, listFormerPasswords } from './password-history-repository.ts'
import type { Passwords } from './passwords.ts'

/**
 * Throws PasswordHistoryPolicyViolationException when the new password is the current one or one of those that the
 * pool's history remembers. Each comparison takes a modular power; never inside a transaction.
 */
export async function requireFreshPassword(db: Db, passwords: Passwords, pool: Pool, user: User, password: string): Promise<void> {
  const remembered = pool.passwordPolicy.historySize ?? 0
  if (remembered === 0) return
  const former = await listFormerPasswords(db, pool.id, user.sub, remembered - 1)
  for (const sealed of [user.password, ...former.map((entry) => entry.password)]) {
    if (sealed !== null && (await passwords.matches(user, sealed, password))) {
      throw new ApiError('PasswordHistoryPolicyViolationException', 'Password has previously been used')
    }
  }
}

/** To be called in the transaction that replaces `before.password`, with the user locked. */
export async function rememberReplacedPassword(tx: Tx, pool: Pool, before: User, now: number): Promise<void> {
  const remembered = pool.passwordPolicy.historySize ?? 0
  if (remembered <= 1 || before.password === null) return
  await keepFormerPassword(tx, { poolId: pool.id, sub: before.sub, password: before.password, at: now }, remembered - 1)
}

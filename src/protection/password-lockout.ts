import type { Db, Tx } from '../storage/db.ts'
import { deleteAttempts } from './attempt-repository.ts'
import { createLockout, type Lockout } from './lockout.ts'

const action = 'password'

/** Cognito: fifteen minutes without an attempt, and all is forgotten. */
const forgetAfterMs = 900_000

/** Around every proof of a password, in whatever flow. */
export function createPasswordLockout({ db }: { db: Db }): Lockout {
  return createLockout({ db, action, forgetAfterMs, message: 'Password attempts exceeded' })
}

/** Somebody who chose a new password with a code begins anew: failures with the old one say nothing about them. */
export async function clearPasswordFailures(db: Db | Tx, poolId: string, subject: string): Promise<void> {
  await deleteAttempts(db, { poolId, subject, action })
}

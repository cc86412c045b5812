import { hourMs } from '../base/durations.ts'
import type { Db } from '../storage/db.ts'
import { createLockout, type Lockout, type WithoutSlot } from './lockout.ts'

/**
 * Longer than the longest lock, unlike with passwords: a code has a million values, and whoever guesses at codes has the password
 * already. So a patient guesser stays at one attempt in fifteen minutes.
 */
const forgetAfterMs = hourMs

/**
 * Around every code that is to complete a sign-in, whichever factor it comes from. The count is the user's, not the sign-in's: beginning
 * anew brings neither fresh attempts nor an end of the lock. (Unconfirmed: how Cognito words it.) A pool's function may judge a proof, which
 * can take seconds: so those that wait for it are to be waited for `withoutSlot`.
 */
export function createCodeLockout({ db, withoutSlot }: { db: Db; withoutSlot?: WithoutSlot }): Lockout {
  return createLockout({
    db,
    withoutSlot,
    action: 'sign-in-code',
    forgetAfterMs,
    message: 'Attempt limit exceeded, please try after some time.',
  })
}

import { hourMs } from '../base/durations.ts'
import type { Db, Tx } from '../storage/db.ts'
import { deleteAttempts } from './attempt-repository.ts'
import { type CountLocked, createLockout, type Lockout, type WithoutSlot } from './lockout.ts'

const passwordAction = 'password'

/** The time without an attempt that resets the count of wrong passwords: fifteen minutes, as at Cognito. */
const passwordForgetAfterMs = 900_000

type Options = { readonly db: Db; readonly countLocked?: CountLocked }

/** Guards every check of a password, in every flow. */
export function createPasswordLockout(options: Options): Lockout {
  return createLockout({ ...options, action: passwordAction, forgetAfterMs: passwordForgetAfterMs, message: 'Password attempts exceeded' })
}

/** Clears the count of a user who set a new password with a code: failures with the old password no longer count. */
export async function clearPasswordFailures(db: Db | Tx, poolId: string, subject: string): Promise<void> {
  await deleteAttempts(db, { poolId, subject, action: passwordAction })
}

/**
 * The time without an attempt that resets the count of wrong codes. Unlike with passwords, this time is longer than the longest lock. So a
 * patient attacker gets no more than one attempt in fifteen minutes. That matters because the code of a second factor has only a million
 * values, and an attacker who guesses the code has the password already.
 */
const codeForgetAfterMs = hourMs

/** The error text while a user is locked after wrong codes. Whether Cognito has this text for codes is not confirmed. */
const message = 'Attempt limit exceeded, please try after some time.'

/**
 * Guards every code that completes a sign-in, of whichever factor. The count of wrong codes belongs to the user, not to the sign-in:
 * another sign-in neither resets the count nor ends the lock. A trigger function may check an answer, which can take seconds. So a request
 * gives up its slot while it waits for the check of an earlier answer of the same user.
 */
export function createCodeLockout(options: Options & { readonly withoutSlot?: WithoutSlot }): Lockout {
  return createLockout({ ...options, action: 'sign-in-code', forgetAfterMs: codeForgetAfterMs, message })
}

/**
 * Guards the answers to a device's challenge, but only those answers that come without the Session of the challenge. The count belongs to
 * the user, and is separate from the count of wrong codes.
 */
export function createDeviceLockout(options: Options): Lockout {
  return createLockout({ ...options, action: 'device-step', forgetAfterMs: codeForgetAfterMs, message })
}

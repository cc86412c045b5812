import { createHash } from 'node:crypto'
import { sealMark } from '../base/secrets.ts'
import type { User } from './user.ts'

/**
 * A digest that changes when the password changes or the user signs out everywhere. A challenge that carries an older digest is rejected.
 * Each stored password has a unique seal mark, and each sign-out a unique time. The digest reveals neither, so a client may have it.
 */
export function securityStampOf({ password, signedOutAt }: Pick<User, 'password' | 'signedOutAt'>): string {
  return createHash('sha256')
    .update(JSON.stringify([password && sealMark(password), signedOutAt]))
    .digest('base64url')
}

/** Whether two reads of the user saw the same stored password. Setting the same text again counts as a change. */
export function isSamePassword(one: Pick<User, 'password'>, other: Pick<User, 'password'>): boolean {
  if (one.password === null || other.password === null) return one.password === other.password
  return sealMark(one.password) === sealMark(other.password)
}

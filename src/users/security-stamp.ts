import { createHash } from 'node:crypto'
import { sealMark } from '../base/secrets.ts'
import type { User } from './user.ts'

/**
 * What a sign-in under way rests on, in a form that can be handed out: it is another one as soon as the user's password changes, or the
 * user signs out everywhere. Each password that is set has a mark of its own; each sign-out has a moment of its own.
 */
export function securityStampOf({ password, signedOutAt }: Pick<User, 'password' | 'signedOutAt'>): string {
  return createHash('sha256')
    .update(JSON.stringify([password && sealMark(password), signedOutAt]))
    .digest('base64url')
}

/** Whether no password was set between the one reading of the user and the other. */
export function isSamePassword(one: Pick<User, 'password'>, other: Pick<User, 'password'>): boolean {
  if (one.password === null || other.password === null) return one.password === other.password
  return sealMark(one.password) === sealMark(other.password)
}

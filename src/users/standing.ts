import { createHash } from 'node:crypto'
import type { User } from './user.ts'

/**
 * What a sign-in under way rests on, in a form that can be handed out: it is another one as soon as the user's password changes, or the
 * user signs out everywhere. Passwords are sealed anew, and differently, each time one is set; each sign-out has a moment of its own.
 */
export function standingOf({ password, signedOutAt }: Pick<User, 'password' | 'signedOutAt'>): string {
  return createHash('sha256')
    .update(JSON.stringify([password, signedOutAt]))
    .digest('base64url')
}

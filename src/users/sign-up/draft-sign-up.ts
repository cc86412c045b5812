import { uuidv7 } from '../../base/ids.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { nameNewUser } from '../new-user-names.ts'
import { requireStrongPassword } from '../passwords/password-policy.ts'
import { type Attributes, changeAttributes, type User } from '../user.ts'
import { requirePasswordlessSignIn, requireSelfSignUp, requireSignUpAttributes } from './sign-up-rules.ts'

type Wish = { readonly username: string; readonly attributes: Attributes; readonly password: string | undefined }

/** A new user before the pool's own code has been asked about them. */
export type Draft = Pick<User, 'poolId' | 'sub' | 'username' | 'attributes'>

/**
 * The new user's name and attributes by the rules of pool and client. Throws NotAuthorizedException, InvalidParameterException and
 * InvalidPasswordException.
 */
export function draftSignUp({ pool, client }: AppClientCaller, { username, attributes, password }: Wish, now: number): Draft {
  requireSelfSignUp(pool)
  const sub = uuidv7(now)
  const named = nameNewUser(pool, { sub, username, attributes })
  if (password === undefined) requirePasswordlessSignIn(pool, client, named.attributes)
  else requireStrongPassword(pool, password, 'set')
  requireSignUpAttributes(pool, client, attributes, named.attributes)
  return { poolId: pool.id, sub, username: named.username, attributes: changeAttributes({}, named.attributes) }
}

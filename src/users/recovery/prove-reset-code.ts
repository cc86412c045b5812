import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { codeExpired } from '../../messaging/codes.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import type { Db } from '../../storage/db.ts'
import { findClaimedUser, type Proof, proveCode } from '../claimed-user.ts'
import { isVerified, type User } from '../user.ts'
import { isRecoverable, wrongState } from './recovery-rules.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/**
 * Checks the code that ForgotPassword sent. The code is not consumed, but the attempt is counted. For a name that no user has, the error is
 * that of a wrong code, if the client hides which users exist.
 *
 * @throws ApiError CodeMismatchException or ExpiredCodeException when the code is wrong, and when its address is no longer the user's
 * @throws ApiError LimitExceededException past the limit of attempts
 * @throws ApiError NotAuthorizedException when the user cannot reset the password
 */
export async function proveResetCode(
  deps: Deps,
  caller: AppClientCaller,
  { username, code }: { readonly username: string; readonly code: string },
): Promise<Proof> {
  const claim = await findClaimedUser(deps, caller, { username, action: 'ConfirmForgotPassword' })
  const proof = await proveCode(deps, caller.pool.id, claim, { purpose: 'forgot-password', code })
  requireUsable(proof.user, proof)
  return proof
}

/** The code proves access to one address. If the user no longer has that address verified, the code proves nothing about the user. */
export function requireUsable(user: User, { attribute, value }: Proof): void {
  const isCurrent = attribute === undefined || (user.attributes[attribute] === value && isVerified(user.attributes, attribute))
  if (!user.enabled || !isCurrent) throw codeExpired()
  if (!isRecoverable(user)) throw wrongState()
}

import { isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import { securityStampOf } from '../../../users/security-stamp.ts'
import type { User } from '../../../users/user.ts'
import { findUser } from '../../../users/user-repository.ts'
import { requireNotReset } from '../../candidate.ts'
import { type ChoicesDeps, findChoices } from '../../choice/choices.ts'
import type { ProvenStep } from '../../factor.ts'
import { noProgress, type SignInContext, withProof } from '../../sign-in.ts'
import { expiredSession, invalidSession, usedSession } from '../../sign-in-errors.ts'
import type { SentCodeDeps } from '../message/sent-code.ts'
import { confirmByAddress } from '../one-time-code/confirm-by-address.ts'
import type { SignInLink } from './sign-in-link.ts'

type Deps = SentCodeDeps & ChoicesDeps

/**
 * Proves the user's e-mail address by a link that was sent there, and signs in as the code of EMAIL_OTP does. While wrong codes lock the
 * user out, links do not work either.
 *
 * @throws ApiError NotAuthorizedException as `requireUsableLink` does, when EMAIL_OTP is no longer a choice of the user, and while the user
 * is locked out.
 * @throws ApiError PasswordResetRequiredException when the user has to reset the password.
 */
export async function proveLink(deps: Deps, context: SignInContext, link: SignInLink): Promise<ProvenStep> {
  const { pool, client, caller, audit } = context
  const user = await requireUsableLink(deps, link)
  requireNotReset(client, user)
  const { signIn, choices } = await findChoices(deps, { context, sub: user.sub, user, name: user.username, stepUp: undefined })
  if (signIn.user === undefined || !choices.available.includes('EMAIL_OTP')) throw invalidSession()
  await deps.codeLockout.guard(pool.id, user.sub, deps.clock.now(), async () => ({ proven: true, value: undefined }))
  const { address } = link.details
  const proven = { user, attribute: 'email', address, state: link, caller, audit } as const
  const { user: confirmed, consumes } = await confirmByAddress(deps, pool, proven)
  return { kind: 'proven', user: confirmed, progress: withProof(noProgress, 'EMAIL_OTP'), consumes }
}

/**
 * The user of a link, if the link still works. Nothing is consumed.
 *
 * @throws ApiError NotAuthorizedException (a refusal of the Session) when the link was used or has expired; when its user was disabled or
 * deleted, or has another address or password since, or has signed out everywhere.
 */
export async function requireUsableLink({ db, clock }: Pick<Deps, 'db' | 'clock'>, link: SignInLink): Promise<User> {
  if (link.expiresAt <= clock.now()) throw expiredSession()
  const { address, securityStamp } = link.details
  const [user, isUsed] = await Promise.all([findUser(db, link.poolId, link.sub), isStateConsumed(db, link.id)])
  if (isUsed) throw usedSession()
  if (!user?.enabled || user.attributes['email'] !== address || securityStampOf(user) !== securityStamp) throw invalidSession()
  return user
}

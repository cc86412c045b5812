import { ApiError } from '../../contract/api-error.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { requireAllowedChanges } from '../profile/profile-rules.ts'
import { changeAttributes, type User } from '../user.ts'
import { type SignUpSession, unconfirmedStampOf } from './sign-up-session.ts'

/** @throws ApiError InvalidParameterException when the pool does not allow corrections */
export function requireCorrectionAllowed(pool: Pool): void {
  if (!extensionsOf(pool).signUp.contactCorrection) throw invalid('Contact correction is not turned on for the user pool.')
}

/**
 * Requires the latest `Session` that SignUp or a correction issued for this user. The `Session` may have expired.
 *
 * @throws ApiError NotAuthorizedException when the user does not exist, or was confirmed, corrected or changed since the `Session` was
 * issued
 */
export function requireUnchangedUser(session: SignUpSession, user: User | undefined): asserts user is User {
  if (user === undefined || session.sub !== user.sub || session.provenBy !== null) throw invalidSession()
  if (user.status !== 'UNCONFIRMED' || unconfirmedStampOf(user) !== session.securityStamp) throw invalidSession()
}

export type Correction = { readonly attribute: ContactAttribute; readonly value: string }

/**
 * The user with the corrected address.
 *
 * @throws ApiError NotAuthorizedException when the client may not write the attribute
 * @throws ApiError InvalidParameterException when the address is malformed or not new, or the pool does not send codes to addresses of its
 * kind
 */
export function correctContact({ pool, client }: AppClientCaller, user: User, { attribute, value }: Correction, now: number): User {
  const changes = { [attribute]: value }
  requireAllowedChanges(pool, client, user.attributes, changes)
  if (!pool.autoVerifiedAttributes.includes(attribute)) throw invalid(`The user pool does not verify the attribute ${attribute}.`)
  if (!user.attributes[attribute]) throw invalid(`The user has no ${attribute} to correct.`)
  if (user.attributes[attribute] === value) throw invalid(`The ${attribute} of the user is already this one.`)
  return { ...user, attributes: changeAttributes(user.attributes, changes), updatedAt: now }
}

const invalid = (message: string) => new ApiError('InvalidParameterException', message)

export const invalidSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user.')

export const expiredSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user, session is expired.')

import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { AppClient, AppClientCaller } from '../../pools/app-client.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { requireAllowedChanges } from '../profile/profile-rules.ts'
import { changeAttributes, type User } from '../user.ts'
import { newcomerStamp, readSignUpSession, type SignUpSession } from './sign-up-session.ts'

/** Throws InvalidParameterException in pools that have not asked for it. */
export function requireCorrectionAllowed(pool: Pool): void {
  if (!extensionsOf(pool).signUp.contactCorrection) throw invalid('Contact correction is not turned on for the user pool.')
}

/**
 * What the text entitles to. Throws NotAuthorizedException, in the same words for a user who does not exist, unless it is the latest
 * Session that SignUp, or a correction, gave this user, and they are still as it left them.
 */
export function openCorrection(
  secrets: Secrets,
  client: AppClient,
  user: User | undefined,
  text: string,
  now: number,
): { readonly session: SignUpSession; readonly user: User } {
  const session = readSignUpSession(secrets, client, text)
  if (session === undefined || user === undefined) throw invalidSession()
  requireSameNewcomer(session, user)
  if (session.expiresAt <= now) throw new ApiError('NotAuthorizedException', 'Invalid session for the user, session is expired.')
  return { session, user }
}

/** Throws NotAuthorizedException when the user has been confirmed, corrected or changed otherwise since the Session was given. */
export function requireSameNewcomer({ sub, provenBy, standing }: SignUpSession, user: User | undefined): asserts user is User {
  if (user === undefined || sub !== user.sub || provenBy !== null) throw invalidSession()
  if (user.status !== 'UNCONFIRMED' || newcomerStamp(user) !== standing) throw invalidSession()
}

export type Correction = { readonly attribute: ContactAttribute; readonly value: string }

/** The user with the other address. Throws InvalidParameterException and NotAuthorizedException for one that cannot be theirs. */
export function correctContact({ pool, client }: AppClientCaller, user: User, { attribute, value }: Correction, now: number): User {
  const changes = { [attribute]: value }
  requireAllowedChanges(pool, client, user.attributes, changes)
  if (!pool.autoVerifiedAttributes.includes(attribute)) throw invalid(`The user pool does not verify the attribute ${attribute}.`)
  if (!user.attributes[attribute]) throw invalid(`The user has no ${attribute} to correct.`)
  if (user.attributes[attribute] === value) throw invalid(`The ${attribute} of the user is this one already.`)
  return { ...user, attributes: changeAttributes(user.attributes, changes), updatedAt: now }
}

const invalid = (message: string) => new ApiError('InvalidParameterException', message)

export const invalidSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user.')

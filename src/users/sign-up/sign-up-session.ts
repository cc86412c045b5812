import { createHash, randomUUID } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import type { AppClient } from '../../pools/app-client.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import { securityStampOf } from '../security-stamp.ts'
import type { User } from '../user.ts'

/**
 * What a new user's program carries from SignUp over ConfirmSignUp to its first sign-in (USER_AUTH), which then needs no other proof.
 * Where the pool lets new users correct a mistyped address, that of SignUp serves to do so.
 *
 * `provenBy` is where the code went that its bearer confirmed the user with. Before that it is worth nothing for a sign-in: whoever signs up
 * in the name of somebody else's address must not be let in when the owner of the address confirms it.
 */
export type SignUpSession = {
  /** Spent on the sign-in, or the correction. */
  readonly id: string
  readonly sub: string
  readonly provenBy: ContactAttribute | null
  /** Of the user, when they were confirmed; before that, what `newcomerStamp` says. */
  readonly standing: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

type Sealed = readonly [string, string, ContactAttribute | null, string, number]

/** Every Session of Cognito begins like this. */
const prefix = 'AYABe'

/** The Session of ConfirmSignUp; undefined for a client that has no flow to go on with. */
export function newSignUpSession(
  secrets: Secrets,
  client: AppClient,
  user: User,
  { provenBy, now }: { provenBy: ContactAttribute; now: number },
): string | undefined {
  if (!allowsChoice(client)) return undefined
  return seal(secrets, client, user, { provenBy, standing: securityStampOf(user), now })
}

/** The Session of SignUp; undefined for a client that has no use for one. */
export function newNewcomerSession(secrets: Secrets, pool: Pool, client: AppClient, user: User, now: number): string | undefined {
  const canCorrect = extensionsOf(pool).signUp.contactCorrection && user.status === 'UNCONFIRMED'
  if (!allowsChoice(client) && !canCorrect) return undefined
  return seal(secrets, client, user, { provenBy: null, standing: newcomerStamp(user), now })
}

/** What a correction rests on: another one as soon as the user is confirmed, or anything is changed that concerns who they are. */
export function newcomerStamp(user: Pick<User, 'status' | 'password' | 'signedOutAt' | 'attributes'>): string {
  const { email, phone_number: phoneNumber } = user.attributes
  return createHash('sha256')
    .update(JSON.stringify([user.status, securityStampOf(user), email, phoneNumber]))
    .digest('base64url')
}

/** Undefined for a text that is none, or one of another client. It may have expired. */
export function readSignUpSession(secrets: Secrets, client: AppClient, text: string): SignUpSession | undefined {
  const content = text.startsWith(prefix) ? secrets.open('sign-up-session', text.slice(prefix.length), contextOf(client)) : undefined
  if (content === undefined) return undefined
  const [id, sub, provenBy, standing, expiresAt] = JSON.parse(content.toString()) as Sealed
  return { id, sub, provenBy, standing, expiresAt }
}

type Fresh = Pick<SignUpSession, 'provenBy' | 'standing'> & { readonly now: number }

function seal(secrets: Secrets, client: AppClient, { sub }: User, { provenBy, standing, now }: Fresh): string {
  const expiresAt = now + client.authSessionValidityMinutes * 60_000
  const content: Sealed = [randomUUID(), sub, provenBy, standing, expiresAt]
  return prefix + secrets.seal('sign-up-session', JSON.stringify(content), contextOf(client))
}

const allowsChoice = ({ authFlows }: AppClient): boolean => authFlows?.includes('ALLOW_USER_AUTH') ?? false

const contextOf = ({ poolId, id }: AppClient): string => `${poolId}/${id}`

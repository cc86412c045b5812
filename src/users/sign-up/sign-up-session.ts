import { createHash, randomUUID } from 'node:crypto'
import { minuteMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Delivery } from '../../messaging/destination.ts'
import type { AppClient, AppClientCaller } from '../../pools/app-client.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { ContactAttribute } from '../../pools/pool.ts'
import { securityStampOf } from '../security-stamp.ts'
import type { User } from '../user.ts'

/**
 * The content of the `Session` of SignUp and of ConfirmSignUp. ConfirmSignUp exchanges the Session of SignUp for one that starts the first
 * sign-in (USER_AUTH) without another proof. Where the pool allows new users to correct a mistyped address, the Session of SignUp also
 * authorizes the correction.
 */
export type SignUpSession = {
  /** Consumed by the sign-in or the correction. */
  readonly id: string
  readonly sub: string
  /**
   * The kind of address that received the code which the user was confirmed with. Null before the confirmation. Until then the Session
   * cannot sign anyone in: an attacker may sign up with the address of another person, who then confirms it.
   */
  readonly provenBy: ContactAttribute | null
  /** `securityStampOf` the user when they were confirmed; before that, `unconfirmedStampOf` the user. */
  readonly securityStamp: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** Every Session of Cognito begins with these characters. */
const prefix = 'AYABe'

/** The Session of ConfirmSignUp; undefined for a client without choice-based sign-in, which has no use for it. */
export function newConfirmedSession(
  secrets: Secrets,
  client: AppClient,
  user: User,
  { provenBy, now }: { readonly provenBy: ContactAttribute; readonly now: number },
): string | undefined {
  return allowsChoice(client) ? newProvenSession(secrets, client, user, { provenBy, now }) : undefined
}

/** A Session that signs in a user who was confirmed just now, whatever flows the client allows in the API. */
export function newProvenSession(
  secrets: Secrets,
  client: AppClient,
  user: User,
  { provenBy, now }: { readonly provenBy: ContactAttribute; readonly now: number },
): string {
  return sealNew(secrets, client, { sub: user.sub, provenBy, securityStamp: securityStampOf(user), now })
}

/** How the Session of ConfirmSignUp begins while another address has to be verified. Apps read it, so its form is documented. */
const missingPattern = /^MISSING:(email|phone_number):([^:]*):/

/**
 * The Session of ConfirmSignUp while another address has to be verified: it tells an app which one, and where the code went. What follows
 * that is the Session of SignUp with a new expiry, for the request with the next code. Every client gets it: ConfirmSignUp has no other
 * member that could tell.
 */
export function newMissingSession(
  secrets: Secrets,
  client: AppClient,
  user: User,
  { missing, now }: { readonly missing: Delivery; readonly now: number },
): string {
  const session = sealNew(secrets, client, { sub: user.sub, provenBy: null, securityStamp: unconfirmedStampOf(user), now })
  return `MISSING:${missing.attribute}:${missing.destination}:${session}`
}

/** The address that the Session of ConfirmSignUp says is missing. Undefined when none is. */
export function missingIn(session: string | undefined): Pick<Delivery, 'attribute' | 'destination'> | undefined {
  const [, attribute, destination] = missingPattern.exec(session ?? '') ?? []
  return attribute === undefined || destination === undefined ? undefined : { attribute: attribute as ContactAttribute, destination }
}

/** The Session of SignUp; undefined when neither a choice-based sign-in nor a correction can follow. */
export function newUnconfirmedSession(secrets: Secrets, { pool, client }: AppClientCaller, user: User, now: number): string | undefined {
  const canCorrect = extensionsOf(pool).signUp.contactCorrection && user.status === 'UNCONFIRMED'
  if (!allowsChoice(client) && !canCorrect) return undefined
  return sealNew(secrets, client, { sub: user.sub, provenBy: null, securityStamp: unconfirmedStampOf(user), now })
}

/** A digest that changes when the user is confirmed or signed out everywhere, or when the password or an address of the user changes. */
export function unconfirmedStampOf(user: Pick<User, 'status' | 'password' | 'signedOutAt' | 'attributes'>): string {
  const { email, phone_number: phoneNumber } = user.attributes
  return createHash('sha256')
    .update(JSON.stringify([user.status, securityStampOf(user), email, phoneNumber]))
    .digest('base64url')
}

/** Opens the `Session` of SignUp or ConfirmSignUp, expired or not. Undefined when the text is no such `Session` of this client. */
export function readSignUpSession(secrets: Secrets, client: AppClient, text: string): SignUpSession | undefined {
  const session = text.replace(missingPattern, '')
  if (!session.startsWith(prefix)) return undefined
  const sealed = session.slice(prefix.length)
  const content = secrets.open('sign-up-session', sealed, contextOf(client))
  if (content === undefined) return readUnversioned(secrets.open('sign-up-session', sealed, unversionedContextOf(client)))
  const { id, sub, by, stamp, exp } = JSON.parse(content.toString()) as SealedSession
  return { id, sub, provenBy: by, securityStamp: stamp, expiresAt: exp }
}

/** The sealed format, with short keys for `provenBy`, `securityStamp` and `expiresAt`. A change of its members needs another version. */
type SealedSession = {
  readonly id: string
  readonly sub: string
  readonly by: ContactAttribute | null
  readonly stamp: string
  readonly exp: number
}

const version = 2

function sealNew(secrets: Secrets, client: AppClient, session: Omit<SignUpSession, 'id' | 'expiresAt'> & { readonly now: number }): string {
  const { sub, provenBy, securityStamp, now } = session
  const exp = now + client.authSessionValidityMinutes * minuteMs
  const content: SealedSession = { id: randomUUID(), sub, by: provenBy, stamp: securityStamp, exp }
  return prefix + secrets.seal('sign-up-session', JSON.stringify(content), contextOf(client))
}

/**
 * What the seal is bound to. It contains the version of the sealed format. So a server of a release that does not know the version cannot
 * open the `Session`: that server refuses the `Session` as invalid, and never misreads it.
 */
const contextOf = (client: AppClient): string => `${unversionedContextOf(client)}/v${version}`

const unversionedContextOf = ({ poolId, id }: AppClient): string => `${poolId}/${id}`

/** Reads the format without a version, an array. Servers of an earlier release still issue it while a cluster is upgraded. */
function readUnversioned(content: Buffer | undefined): SignUpSession | undefined {
  if (content === undefined) return undefined
  type Unversioned = readonly [string, string, ContactAttribute | null, string, number]
  const [id, sub, provenBy, securityStamp, expiresAt] = JSON.parse(content.toString()) as Unversioned
  return { id, sub, provenBy, securityStamp, expiresAt }
}

const allowsChoice = ({ authFlows }: AppClient): boolean => authFlows?.includes('ALLOW_USER_AUTH') ?? false

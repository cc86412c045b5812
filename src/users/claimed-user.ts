import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { type CodePurpose, checkCode, codeExpired, codeMismatch } from '../messaging/codes.ts'
import { type AppClientCaller, hidesUserExistence } from '../pools/app-client.ts'
import { hidesSignUps } from '../pools/hidden-sign-ups.ts'
import type { ContactAttribute } from '../pools/pool.ts'
import { countWithinLimit, type LimitedAction, limitAttempts } from '../protection/attempt-limit.ts'
import type { Db } from '../storage/db.ts'
import { decoySub } from './decoy.ts'
import { findActiveUser, findVisibleUser } from './expired-sign-ups/expired-sign-ups.ts'
import type { User } from './user.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/** The user that a request names without any proof. */
export type Claim = {
  /** Undefined only where the client hides which users exist: no user has the name, the user is disabled, or there were too many attempts. */
  readonly user: User | undefined
  /** The user who has the name in the request, disabled or not. The masked addresses in the answer are this user's. */
  readonly known: User | undefined
  /** The `sub` of the user, or of the decoy for a name that no user has. Codes are looked up under this `sub`. */
  readonly subject: string
  /** Whether the answer must hide both that the user exists and which state the user is in. */
  readonly hidden: boolean
}

type ClaimInput = {
  readonly username: string
  readonly action: LimitedAction
  /** Called after the attempt was counted, when no user has the name. Asks the UserMigration trigger for the user, and stores that user. */
  readonly migrate?: (() => Promise<User | undefined>) | undefined
}

/** Actions that a user takes who has not confirmed the sign-up. */
const signUpActions: readonly LimitedAction[] = ['ConfirmSignUp', 'ResendConfirmationCode', 'CorrectSignUpContact']

/**
 * Finds the user that a request names, and counts the attempt. Where sign-ups are hidden, no answer may change with a sign-up: so the
 * attempts on a sign-up are counted for the name, and in secret for the user. A user who has not confirmed the sign-up does not exist for any
 * other action.
 *
 * @throws ApiError LimitExceededException past the limit of attempts
 * @throws ApiError UserNotFoundException when no user has the name, and the client does not hide that
 * @throws ApiError NotAuthorizedException when the user is disabled, and the client does not hide that
 */
export async function findClaimedUser(
  { db, clock, secrets }: Deps,
  { pool, client }: AppClientCaller,
  { username, action, migrate }: ClaimInput,
): Promise<Claim> {
  const hidden = hidesUserExistence(client)
  const now = clock.now()
  const isSignUp = signUpActions.includes(action)
  const known = isSignUp ? await findActiveUser(db, pool, username, now) : await findVisibleUser(db, { pool, client }, username, now)
  if (!hidden && known === undefined && migrate === undefined) throw unknownUser()
  // The decoy's `sub` is computed for existing users as well: otherwise the time that this takes would reveal which users exist.
  const decoy = decoySub(secrets, pool, username, now)
  const claimed = known?.sub ?? decoy
  const isCountedByName = isSignUp && hidesSignUps({ pool, client })
  await limitAttempts(db, { poolId: pool.id, subject: isCountedByName ? decoy : claimed, action }, now)
  const user = known ?? (await migrate?.())
  if (!hidden && user === undefined) throw unknownUser()
  const subject = user?.sub ?? claimed
  if (isCountedByName) {
    // Otherwise a code could be guessed anew by each name of the user. Past this limit nothing proves the user any more, and the answer stays
    // the same. Attempts on unknown names are counted twice as well: otherwise the time that this takes would reveal which users exist.
    const counted = user?.sub ?? decoySub(secrets, pool, decoy, now)
    if (!(await countWithinLimit(db, { poolId: pool.id, subject: counted, action }, now))) {
      return { user: undefined, known: user, subject, hidden }
    }
  }
  if (user === undefined || user.enabled) return { user, known: user, subject, hidden }
  if (!hidden) throw new ApiError('NotAuthorizedException', 'User is disabled.')
  return { user: undefined, known: user, subject, hidden }
}

/** The error for a user who does not exist, for clients that do not hide it. */
export function unknownUser(): ApiError {
  return new ApiError('UserNotFoundException', 'Username/client id combination not found.')
}

/** A user who brought the right code, and the address that the code was sent to. */
export type Proof = { readonly user: User; readonly attribute: ContactAttribute | undefined; readonly value: string | undefined }

/**
 * Checks that the code is the claimed user's. The code is not consumed.
 *
 * Where the client hides which users exist, every wrong code gets CodeMismatchException, whatever the reason: no such user, a disabled
 * user, no code requested, a used code, another code. Only the right code that comes too late gets ExpiredCodeException. (Cognito throws
 * ExpiredCodeException also when no code was requested, which distinguishes such users from those who do not exist.)
 *
 * @throws ApiError CodeMismatchException or ExpiredCodeException
 */
export async function proveCode(
  { db, clock, secrets }: Deps,
  poolId: string,
  { user, subject, hidden }: Omit<Claim, 'known'>,
  { purpose, code }: { readonly purpose: CodePurpose; readonly code: string },
): Promise<Proof> {
  const checked = await checkCode(db, secrets, { poolId, sub: subject, purpose, code, now: clock.now() })
  if (user === undefined || checked.outcome === 'mismatch') throw codeMismatch()
  if (checked.outcome === 'ok') return { user, attribute: checked.attribute, value: checked.value }
  throw hidden && checked.outcome === 'none' ? codeMismatch() : codeExpired()
}

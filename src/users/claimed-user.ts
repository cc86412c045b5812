import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { type CodePurpose, checkCode, codeExpired, codeMismatch } from '../messaging/codes.ts'
import { type AppClientCaller, hidesUserExistence } from '../pools/app-client.ts'
import type { ContactAttribute } from '../pools/pool.ts'
import { type LimitedAction, limitAttempts } from '../protection/attempt-limit.ts'
import type { Db } from '../storage/db.ts'
import { decoySub } from './decoy.ts'
import { findActiveUser } from './expired-sign-ups/delete-expired-sign-ups.ts'
import type { User } from './user.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets }

/** Whom a request without credentials says it is about. */
export type Claim = {
  /** Undefined only where the client hides who exists: nobody of that name, or somebody who is disabled. */
  readonly user: User | undefined
  /** Whose addresses may be shown, masked: the user of that name, disabled or not. */
  readonly known: User | undefined
  /** The user's `sub`, or that of the stand-in for a name nobody has. */
  readonly subject: string
  /** Whether the answer may not tell if there is such a user, nor in which state. */
  readonly hidden: boolean
}

/**
 * Finds the user and counts the attempt. Where nothing needs hiding, throws UserNotFoundException for a name nobody has and
 * NotAuthorizedException for a disabled user. `migrate` is the last chance of somebody unknown, and not had for the asking: it
 * comes behind the limit.
 */
export async function findClaimedUser(
  { db, clock, secrets }: Deps,
  { pool, client }: AppClientCaller,
  username: string,
  action: LimitedAction,
  migrate?: () => Promise<User | undefined>,
): Promise<Claim> {
  const hidden = hidesUserExistence(client)
  const now = clock.now()
  const known = await findActiveUser(db, pool, username, now)
  if (!hidden && known === undefined && migrate === undefined) throw unknownUser()
  // For users as well: it takes a moment.
  const decoy = decoySub(secrets, pool, username, now)
  const claimed = known?.sub ?? decoy
  await limitAttempts(db, { poolId: pool.id, subject: claimed, action }, now)
  const user = known ?? (await migrate?.())
  if (!hidden && user === undefined) throw unknownUser()
  const subject = user?.sub ?? claimed
  if (user === undefined || user.enabled) return { user, known: user, subject, hidden }
  if (!hidden) throw new ApiError('NotAuthorizedException', 'User is disabled.')
  return { user: undefined, known: user, subject, hidden }
}

/** What a client that does not hide them is told of users who do not exist. */
export function unknownUser(): ApiError {
  return new ApiError('UserNotFoundException', 'Username/client id combination not found.')
}

export type Proof = { readonly user: User; readonly attribute: ContactAttribute | undefined; readonly value: string | undefined }

/**
 * Whether the code is the claimed user's; it is not used up. Throws CodeMismatchException or ExpiredCodeException.
 *
 * Where the client hides who exists, whoever does not bring the right code hears the same in every case: no such user, a disabled
 * one, a code that was never asked for, was used, or differs. Only the right code, too late, is told that it expired.
 * (Cognito answers ExpiredCodeException as well when no code was asked for, which tells such users from those who do not exist.)
 */
export async function proveCode(
  { db, clock, secrets }: Deps,
  poolId: string,
  { user, subject, hidden }: Omit<Claim, 'known'>,
  { purpose, code }: { purpose: CodePurpose; code: string },
): Promise<Proof> {
  const checked = await checkCode(db, secrets, { poolId, sub: subject, purpose, code, now: clock.now() })
  if (user === undefined || checked.outcome === 'mismatch') throw codeMismatch()
  if (checked.outcome === 'ok') return { user, attribute: checked.attribute, value: checked.value }
  throw hidden && checked.outcome === 'none' ? codeMismatch() : codeExpired()
}

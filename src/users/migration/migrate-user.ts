import type { AuditedCall } from '../../audit/audited-caller.ts'
import { uuidv7 } from '../../base/ids.ts'
import { ApiError, type ErrorCode } from '../../contract/api-error.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { presentName, requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import { hidesSignUps } from '../../pools/hidden-sign-ups.ts'
import { requireUnreservedName } from '../../pools/identity-providers/reserved-names.ts'
import type { Pool } from '../../pools/pool.ts'
import type { CallerContext } from '../../triggers/trigger.ts'
import { invokeUserMigration, type MigratedUser } from '../../triggers/user-migration.ts'
import { draftNewUser } from '../admin/create-user-rules.ts'
import { type InvitationDeps, invitation } from '../admin/invitation.ts'
import { createUser, type UserDraft } from '../create-user.ts'
import { deleteHiddenSignUpsOf } from '../expired-sign-ups/expired-sign-ups.ts'
import type { AliasKind, MfaPreferences, User } from '../user.ts'
import { findUserByName } from '../user-repository.ts'
import { triggerSubjectOf } from '../user-triggers.ts'

export type MigrationDeps = InvitationDeps

type SignInAttempt = {
  /** The name as the user typed it. */
  readonly username: string
  /** Undefined when the user forgot it. */
  readonly password: string | undefined
  readonly validationData: Readonly<Record<string, string>> | undefined
  readonly callerContext: CallerContext
  /** The audit record of the call. Undefined in the public API, whose calls leave none. */
  readonly audit: AuditedCall | undefined
}

/** The pattern of usernames in the API. No user can be stored under another name, so the trigger is not asked about one. */
export const usernameShape = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u

/**
 * Asks the UserMigration trigger for a user that this pool does not know, and stores the user. Undefined when the trigger does not know the
 * user either. Of two concurrent calls, one stores the user, and both return that user. The caller has to check the password in any case.
 *
 * @NOTE The answer reveals whether name and password are right in the other system. The caller limits the attempts.
 * @throws ApiError what a failing trigger throws
 * @throws ApiError InvalidLambdaResponseException when the user does not conform to the pool, or has a name of another user
 */
export async function migrateUser(deps: MigrationDeps, caller: AppClientCaller, attempt: SignInAttempt): Promise<User | undefined> {
  const { pool } = caller
  const { username, password, validationData, callerContext } = attempt
  if (!usernameShape.test(username)) return undefined
  const subject = triggerSubjectOf(pool, { username, sub: undefined }, callerContext)
  const event = { password, validationData, clientMetadata: callerContext.clientMetadata }
  const migrated = await invokeUserMigration(deps.triggers, subject, event)
  if (migrated === undefined) return undefined
  try {
    return await storeMigrated(deps, caller, migrated, attempt)
  } catch (error) {
    if (!(error instanceof NameTakenError)) throw error
    // Read in a transaction: if the other call has not committed its user yet, this transaction waits for that commit.
    const other = await deps.db.transaction().execute((tx) => findUserByName(tx, pool, username))
    if (other === undefined || (other.status === 'UNCONFIRMED' && hidesSignUps(caller)))
      throw badAnswer(`An account with the given ${error.kind} already exists.`)
    return other
  }
}

/** @throws NameTakenError when another user has one of the names */
async function storeMigrated(
  deps: MigrationDeps,
  caller: AppClientCaller,
  migrated: MigratedUser,
  { username, password, callerContext, audit }: SignInAttempt,
): Promise<User> {
  const { mediums } = migrated
  const { pool } = caller
  const draft = await draftMigrated(deps, pool, username, migrated)
  if (hidesSignUps(caller)) await deleteHiddenSignUpsOf(deps.db, pool, draft, draft.createdAt)
  const { user } = await createUser(deps, pool, {
    draft,
    // The other system accepted the password, so the pool's password policy does not apply.
    password,
    takesAliases: migrated.forceAliasCreation,
    nameTaken: (kind) => new NameTakenError(kind),
    decide: () => ({
      status: password === undefined ? 'RESET_REQUIRED' : migrated.finalStatus,
      mfa: migrated.enableSmsMfa && pool.mfaFactors.sms ? smsMfa : null,
    }),
    audit: audit && auditOfMigration(audit),
    message: migrated.isSilent ? undefined : invitation(deps, pool, { mediums, temporaryPassword: undefined, callerContext }),
  })
  // No deliveries are passed to `afterCommit`, so a failed delivery does not fail the sign-in.
  await deps.outbox.afterCommit(pool, [])
  return user
}

/** The user stays even if a later step refuses the sign-in, so the creation has a record of its own. */
function auditOfMigration(audit: AuditedCall): Pick<AuditedCall, 'record'> {
  const detailOf = (detail: string | undefined) => ['the user was migrated', detail].filter(Boolean).join('; ')
  return { record: (tx, change = {}) => audit.recordEarlierStep(tx, { ...change, detail: detailOf(change.detail) }) }
}

const smsMfa: MfaPreferences = { enabled: ['SMS_MFA'], preferred: 'SMS_MFA', byOptions: false }

/**
 * Drafts the user by the rules for users that an administrator creates. In addition, every attribute that the pool requires must be there.
 * The username, which a visitor has typed, must not be one for users of an identity provider.
 */
async function draftMigrated({ db, clock }: MigrationDeps, pool: Pool, typed: string, migrated: MigratedUser): Promise<UserDraft> {
  const { username = typed, ...given } = migrated.attributes
  const attributes = Object.fromEntries(Object.entries(given).map(([name, value]) => [presentName(pool, name), value]))
  const now = clock.now()
  try {
    const draft = draftNewUser(pool, { sub: uuidv7(now), username, attributes })
    requireRequiredAttributes(pool, draft.attributes)
    await requireUnreservedName(db, pool, 'Username', draft.username)
    return { ...draft, createdAt: now }
  } catch (error) {
    if (error instanceof ApiError) throw badAnswer(error.message.trim(), error)
    throw error
  }
}

function badAnswer(message: string, cause?: Error): ApiError {
  return new ApiError('InvalidLambdaResponseException', message, cause && { cause })
}

/** Thrown when a name is taken, to roll back the transaction: it has already stored the names before the taken one. */
class NameTakenError extends Error {
  readonly kind: AliasKind

  constructor(kind: AliasKind) {
    super(`Another user has the ${kind}.`)
    this.kind = kind
  }
}

const triggerErrors: readonly ErrorCode[] = ['UserLambdaValidationException', 'UnexpectedLambdaException', 'InvalidLambdaResponseException']

/** Whether the trigger is to blame for the error: it refused the user, failed, or gave an answer that cannot be used. */
export function isMigrationRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && triggerErrors.includes(error.code)
}

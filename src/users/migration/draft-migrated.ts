import { uuidv7 } from '../../base/ids.ts'
import { ApiError } from '../../contract/api-error.ts'
import { requireRequiredAttributes } from '../../pools/attribute-rules.ts'
import type { Pool } from '../../pools/pool.ts'
import type { MigratedUser } from '../../triggers/user-migration.ts'
import { draftNewUser } from '../admin/create-user-rules.ts'
import type { AliasKind, MfaPreferences, User } from '../user.ts'

/**
 * The user that another system told of, by the rules that an administrator's new users go by; everything the pool requires must be there.
 * Throws InvalidLambdaResponseException: it is the function's fault.
 */
export function draftMigrated(pool: Pool, typed: string, { attributes, enableSmsMfa }: MigratedUser, now: number): Omit<User, 'status'> {
  const { username = typed, ...others } = attributes
  const draft = orBadAnswer(() => {
    const drafted = draftNewUser(pool, { sub: uuidv7(now), username, attributes: others })
    requireRequiredAttributes(pool, drafted.attributes)
    return drafted
  })
  const mfa = enableSmsMfa && pool.mfaFactors.sms ? bySms : null
  return { ...draft, enabled: true, password: null, passwordExpiresAt: null, signedOutAt: null, mfa, createdAt: now, updatedAt: now }
}

const bySms: MfaPreferences = { enabled: ['SMS_MFA'], preferred: 'SMS_MFA', byOptions: false }

/** The refusal of a user who would have somebody else's name. */
export function nameConflict(kind: AliasKind): ApiError {
  return badAnswer(`An account with the given ${kind} already exists.`)
}

function orBadAnswer<T>(check: () => T): T {
  try {
    return check()
  } catch (error) {
    if (error instanceof ApiError) throw badAnswer(error.message.trim(), error)
    throw error
  }
}

function badAnswer(message: string, cause?: Error): ApiError {
  return new ApiError('InvalidLambdaResponseException', message, cause && { cause })
}

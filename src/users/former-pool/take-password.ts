import type { Clock } from '../../base/clock.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { storeUser } from '../attribute-changes.ts'
import { usableMfa } from '../mfa/mfa-methods.ts'
import { hasSoftwareToken } from '../mfa/software-token-repository.ts'
import { atFormerPool } from '../passwords/at-former-pool.ts'
import type { Passwords } from '../passwords/passwords.ts'
import { temporaryPasswordEnd } from '../passwords/temporary-password.ts'
import type { MfaPreferences, User } from '../user.ts'
import { lockUser } from '../user-repository.ts'
import { mfaHere } from './former-mfa.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly passwords: Pick<Passwords, 'protect'> }

/** A password that the former pool has accepted, and the challenge that it then asked, if any. */
type AcceptedPassword = { readonly password: string; readonly challenge: string | undefined }

/**
 * Stores the password that the former pool has accepted, so that it is not asked again. Returns the user as stored; undefined when the
 * user got another password meanwhile, or was deleted. The status is RESET_REQUIRED when the former pool asked for a second factor that this
 * pool cannot ask for: the password alone must not be enough in its place.
 */
export async function takePassword(
  { db, clock, passwords }: Deps,
  pool: Pool,
  user: User,
  { password, challenge }: AcceptedPassword,
): Promise<User | undefined> {
  const sealed = await passwords.protect(pool, user, password)
  return db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, user.sub)
    if (before?.password !== atFormerPool) return undefined
    const isTemporary = challenge === 'NEW_PASSWORD_REQUIRED'
    const passwordExpiresAt = isTemporary ? temporaryPasswordEnd(pool, clock.now()) : null
    const taken: User = { ...before, password: sealed, passwordExpiresAt, status: statusAfter(before, isTemporary) }
    const after = challenge === undefined ? taken : withSecondFactor(pool, taken, { challenge, hasApp: await hasSoftwareToken(tx, before) })
    await storeUser(tx, pool, before, after)
    return after
  })
}

/** The challenges that show a second factor. A user who may select one can have an authenticator app, which is the factor to assume. */
const factorsShown: Readonly<Record<string, readonly string[]>> = {
  SMS_MFA: ['SMS_MFA'],
  EMAIL_OTP: ['EMAIL_OTP'],
  SOFTWARE_TOKEN_MFA: ['SOFTWARE_TOKEN_MFA'],
  SELECT_MFA_TYPE: ['SOFTWARE_TOKEN_MFA'],
}

/** The second factor may have been set up there since the copy. Then this pool asks for it, by the rules of the copy. */
function withSecondFactor(pool: Pool, user: User, { challenge, hasApp }: { readonly challenge: string; readonly hasApp: boolean }): User {
  const { mfa: active } = user
  const isUsable = (mfa: MfaPreferences | null) => usableMfa(pool, user, hasApp).some((method) => mfa?.enabled.includes(method))
  if (active !== null && active.enabled.length > 0) {
    // With a challenge of the former pool still open, the password alone must not lead to the set-up of an app.
    return pool.mfa === 'OFF' || isUsable(active) ? user : { ...user, status: 'RESET_REQUIRED' }
  }
  const shown = factorsShown[challenge]
  if (shown === undefined) return user
  const { mfa, app } = mfaHere(pool, user, { UserMFASettingList: shown })
  return { ...user, mfa, status: app === 'other-factor' || isUsable(mfa) ? user.status : 'RESET_REQUIRED' }
}

/** The former pool knows whether the password is temporary. It may have changed since the copy. */
function statusAfter({ status }: User, isTemporary: boolean): User['status'] {
  if (isTemporary) return 'FORCE_CHANGE_PASSWORD'
  return status === 'FORCE_CHANGE_PASSWORD' ? 'CONFIRMED' : status
}

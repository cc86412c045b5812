import type { AuthFactorType } from '../../contract/generated/types.ts'
import type { FirstFactor, MfaMethod, Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { findPasskeys } from '../passkeys/passkey-repository.ts'
import type { User } from '../user.ts'
import { writeMfa } from './mfa-wire.ts'
import { hasSoftwareToken } from './software-token-repository.ts'

/** The answer of GetUserAuthFactors and AdminGetUserAuthFactors: the user's factors. First and second factors are in one list. */
export async function describeAuthFactors(db: Db, pool: Pool, user: User) {
  return {
    Username: user.username,
    ...writeMfa(user),
    ConfiguredUserAuthFactors: configuredFactors(pool, user, {
      hasPasskey: (await findPasskeys(db, pool.id, user.sub)).length > 0,
      hasApp: await hasSoftwareToken(db, user),
    }),
  }
}

function configuredFactors(
  pool: Pool,
  user: User,
  { hasPasskey, hasApp }: { readonly hasPasskey: boolean; readonly hasApp: boolean },
): AuthFactorType[] {
  const factors: AuthFactorType[] = []
  const isInUse = (first: FirstFactor, second: MfaMethod) =>
    pool.allowedFirstFactors.includes(first) || Boolean(user.mfa?.enabled.includes(second))
  if (user.password !== null) factors.push('PASSWORD')
  if (user.attributes['email'] && isInUse('EMAIL_OTP', 'EMAIL_OTP')) factors.push('EMAIL_OTP')
  if (user.attributes['phone_number'] && isInUse('SMS_OTP', 'SMS_MFA')) factors.push('SMS_OTP')
  if (hasPasskey && pool.allowedFirstFactors.includes('WEB_AUTHN')) factors.push('WEB_AUTHN')
  if (hasApp) factors.push('SOFTWARE_TOKEN')
  return factors
}

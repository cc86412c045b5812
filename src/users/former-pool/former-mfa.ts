import { contactOf } from '../../pools/mfa/mfa-methods.ts'
import { type MfaMethod, mfaMethods, type Pool } from '../../pools/pool.ts'
import { collidesWithRecovery, usableMfa } from '../mfa/mfa-methods.ts'
import { isVerified, type MfaPreferences, type User } from '../user.ts'

type ShownMfa = {
  readonly MFAOptions?: readonly { readonly DeliveryMedium?: string | undefined }[] | undefined
  readonly UserMFASettingList?: readonly string[] | undefined
  readonly PreferredMfaSetting?: string | undefined
}

/** What became of an authenticator app: another factor takes its place, or it is the `only-factor`, which nothing can replace here. */
export type FormerAppRole = 'none' | 'other-factor' | 'only-factor'

type MfaHere = { readonly mfa: MfaPreferences | null; readonly app: FormerAppRole }

/**
 * The second factors of a user of the former pool, as this pool can ask for them. Nobody shows the secret of an authenticator app, and the
 * password alone must not be enough in its place:
 *
 * - A user who also gets codes by e-mail or SMS has these.
 * - Otherwise a verified address that does not also recover the account takes the app's place (`other-factor`).
 * - Otherwise the app stays activated (`only-factor`). The former pool checks its code at the first sign-in, and then the user sets up an
 *   app here. Without the former pool the user resets the password, which proves an address, and then sets up an app.
 */
export function mfaHere(pool: Pool, user: Pick<User, 'attributes' | 'mfa'>, shown: ShownMfa): MfaHere {
  const listed = mfaMethods.filter((method) => shown.UserMFASettingList?.includes(method))
  const preferred = mfaMethods.find((method) => method === shown.PreferredMfaSetting && listed.includes(method)) ?? null
  const passkey = shown.UserMFASettingList?.some((name) => name.startsWith('WEB_AUTHN')) ? { passkey: true } : {}
  if (listed.length === 0) return { mfa: bySmsOption(shown), app: 'none' }
  if (!listed.includes('SOFTWARE_TOKEN_MFA')) return { mfa: { enabled: listed, preferred, byOptions: false, ...passkey }, app: 'none' }

  const usable = usableMfa(pool, user, false)
  const others = listed.filter((method) => usable.includes(method))
  const inPlace = others.length > 0 ? others : usable.filter((method) => canReplaceApp(pool, user, method))
  if (inPlace.length > 0) {
    const kept = preferred !== null && inPlace.includes(preferred) ? preferred : null
    return { mfa: { enabled: inPlace, preferred: kept, byOptions: false, ...passkey }, app: 'other-factor' }
  }
  return { mfa: { enabled: ['SOFTWARE_TOKEN_MFA'], preferred: 'SOFTWARE_TOKEN_MFA', byOptions: false, ...passkey }, app: 'only-factor' }
}

function canReplaceApp(pool: Pool, user: Pick<User, 'attributes' | 'mfa'>, method: MfaMethod): boolean {
  const contact = contactOf(method)
  return contact !== undefined && isVerified(user.attributes, contact) && !collidesWithRecovery(pool, user, contact)
}

function bySmsOption({ MFAOptions = [] }: ShownMfa): MfaPreferences | null {
  const hasSms = MFAOptions.some(({ DeliveryMedium: medium }) => medium === 'SMS')
  return hasSms ? { enabled: ['SMS_MFA'], preferred: 'SMS_MFA', byOptions: true } : null
}

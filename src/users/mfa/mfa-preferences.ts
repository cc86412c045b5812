import { ApiError } from '../../contract/api-error.ts'
import { type MfaMethod, mfaMethods } from '../../pools/pool.ts'
import type { MfaPreferences } from '../user.ts'

/** What a request says about one method. Undefined members change nothing. */
export type MfaMethodChange = { readonly enabled: boolean | undefined; readonly preferred: boolean | undefined }

/** What a request says about MFA. Undefined members change nothing. */
export type MfaChanges = Readonly<Partial<Record<MfaMethod, MfaMethodChange | undefined>>> & {
  /** Whether to activate the user's passkeys for MFA. */
  readonly passkey?: boolean | undefined
}

/**
 * Whether a sign-in could ask the user for the method. For `WEB_AUTHN`: whether the user has a passkey, and the pool counts a passkey as
 * both factors.
 */
export type IsAvailable = (method: MfaMethod | 'WEB_AUTHN') => boolean

const none: MfaPreferences = { enabled: [], preferred: null, byOptions: false }

/**
 * The preferences after a request. A method that becomes preferred is activated too; one that is deactivated is no longer preferred.
 *
 * In a pool that requires MFA, every sign-in asks for MFA, also with methods that are not activated. There the activation decides only
 * which addresses serve MFA and which serve account recovery (see `eligibleMessageMethods` and `addressesOfActiveMfa`).
 *
 * @throws ApiError InvalidParameterException when the request prefers two methods, or activates one that is not available.
 */
export function applyMfaChanges(current: MfaPreferences | null, changes: MfaChanges, isAvailable: IsAvailable): MfaPreferences | null {
  const before = current ?? none
  const preferredNow = mfaMethods.filter((method) => changes[method]?.preferred === true)
  if (preferredNow.length > 1) throw new ApiError('InvalidParameterException', 'Only one MFA method can be preferred.')
  const isOn = (method: MfaMethod): boolean => {
    const { enabled, preferred } = changes[method] ?? {}
    return preferred === true || (enabled ?? before.enabled.includes(method))
  }
  for (const method of mfaMethods) {
    const { enabled, preferred } = changes[method] ?? {}
    if ((enabled || preferred) && !isAvailable(method)) throw notAvailable(method)
  }
  const enabled = mfaMethods.filter(isOn)
  const kept = before.preferred !== null && changes[before.preferred]?.preferred !== false ? before.preferred : null
  const preferred = preferredNow[0] ?? kept
  if (changes.passkey) requirePasskeyAndOtherMethod(enabled, isAvailable)
  // Answers leave UserMFASettingList out until a method was activated for the first time. From then on, when no method is active, they show
  // an empty list (reported).
  if (enabled.length === 0) return current && none
  return {
    enabled,
    preferred: preferred !== null && enabled.includes(preferred) ? preferred : null,
    byOptions: before.byOptions && enabled.includes('SMS_MFA'),
    ...((changes.passkey ?? before.passkey) && { passkey: true }),
  }
}

/**
 * The preferences after SetUserSettings, which knows codes by SMS only.
 * @throws ApiError InvalidParameterException when codes by SMS are not available.
 */
export function applyMfaOptions(current: MfaPreferences | null, bySms: boolean, isAvailable: IsAvailable): MfaPreferences | null {
  const changed = applyMfaChanges(current, { SMS_MFA: { enabled: bySms, preferred: undefined } }, isAvailable)
  return changed && { ...changed, byOptions: bySms }
}

/** The preferences after a sign-in in which the user set the method up and proved it. */
export function withMfa(current: MfaPreferences | null, method: MfaMethod): MfaPreferences | null {
  return applyMfaChanges(current, { [method]: { enabled: true, preferred: undefined } }, () => true)
}

/** The preferences without the method, such as when the user's authenticator app is deleted. */
export function withoutMfa(current: MfaPreferences | null, method: MfaMethod): MfaPreferences | null {
  return applyMfaChanges(current, { [method]: { enabled: false, preferred: undefined } }, () => true)
}

/** Passkeys cannot be the only active method: a user who loses their passkeys needs another method to sign in. */
function requirePasskeyAndOtherMethod(enabled: readonly MfaMethod[], isAvailable: IsAvailable): void {
  if (!isAvailable('WEB_AUTHN')) throw notAvailable('WEB_AUTHN')
  if (enabled.length > 0) return
  throw new ApiError('InvalidParameterException', 'Passkeys can be activated for MFA only together with another MFA method.')
}

/** Cognito's error for two cases (observed): the pool does not offer the method, or the user lacks the address, app or passkey for it. */
function notAvailable(method: MfaMethod | 'WEB_AUTHN'): ApiError {
  return new ApiError('InvalidParameterException', `User does not have delivery config set to turn on ${method}`)
}

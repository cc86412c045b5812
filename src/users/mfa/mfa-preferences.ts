import { ApiError } from '../../contract/api-error.ts'
import { type MfaMethod, mfaMethods } from '../../pools/pool.ts'
import type { MfaPreferences } from '../user.ts'

/** What a request says about one method; undefined members leave things as they are. */
export type MfaWish = { readonly enabled: boolean | undefined; readonly preferred: boolean | undefined }

/** What a request does not mention stays as it is. */
export type MfaWishes = Readonly<Partial<Record<MfaMethod, MfaWish | undefined>>> & {
  /** Whether passkeys are to count. */
  readonly passkey?: boolean | undefined
}

/** Whether the user could be asked for a method, or has a passkey that the pool takes for both factors. */
export type CanHave = (method: MfaMethod | 'WEB_AUTHN') => boolean

const none: MfaPreferences = { enabled: [], preferred: null, byOptions: false }

/**
 * The preferences after a request; `canHave` says which methods the user could be asked for. To prefer a method activates it, to
 * deactivate it ends the preference. In a pool that requires MFA the activation changes nothing: there the user is asked anyway, and
 * only the preference has an effect. Throws InvalidParameterException.
 */
export function applyMfaWishes(current: MfaPreferences | null, wishes: MfaWishes, canHave: CanHave): MfaPreferences | null {
  const before = current ?? none
  const preferredNow = mfaMethods.filter((method) => wishes[method]?.preferred === true)
  if (preferredNow.length > 1) throw new ApiError('InvalidParameterException', 'Only one MFA method can be preferred.')
  const isOn = (method: MfaMethod): boolean => {
    const { enabled, preferred } = wishes[method] ?? {}
    return preferred === true || (enabled ?? before.enabled.includes(method))
  }
  for (const method of mfaMethods) {
    const { enabled, preferred } = wishes[method] ?? {}
    if ((enabled || preferred) && !canHave(method)) throw nothingToTurnOn(method)
  }
  const enabled = mfaMethods.filter(isOn)
  const kept = before.preferred !== null && wishes[before.preferred]?.preferred !== false ? before.preferred : null
  const preferred = preferredNow[0] ?? kept
  if (wishes.passkey) requirePasskeyBeside(enabled, canHave)
  // Once something was set, the answers show an empty list when nothing is left of it (reported); before, they leave it out.
  if (enabled.length === 0) return current && none
  return {
    enabled,
    preferred: preferred !== null && enabled.includes(preferred) ? preferred : null,
    byOptions: before.byOptions && enabled.includes('SMS_MFA'),
    ...((wishes.passkey ?? before.passkey) && { passkey: true }),
  }
}

/** The preferences of SetUserSettings, which knows codes by SMS only. Throws InvalidParameterException. */
export function applyMfaOptions(current: MfaPreferences | null, bySms: boolean, canHave: CanHave): MfaPreferences | null {
  const changed = applyMfaWishes(current, { SMS_MFA: { enabled: bySms, preferred: undefined } }, canHave)
  return changed && { ...changed, byOptions: bySms }
}

/** The preferences once the user has set a method up and proven it in the same sign-in. */
export function withMfa(current: MfaPreferences | null, method: MfaMethod): MfaPreferences | null {
  return applyMfaWishes(current, { [method]: { enabled: true, preferred: undefined } }, () => true)
}

/** The preferences when there is nothing left to ask by the method. */
export function withoutMfa(current: MfaPreferences | null, method: MfaMethod): MfaPreferences | null {
  return applyMfaWishes(current, { [method]: { enabled: false, preferred: undefined } }, () => true)
}

/** Whoever loses their passkeys needs another way in. */
function requirePasskeyBeside(enabled: readonly MfaMethod[], canHave: CanHave): void {
  if (!canHave('WEB_AUTHN')) throw nothingToTurnOn('WEB_AUTHN')
  if (enabled.length > 0) return
  throw new ApiError('InvalidParameterException', 'Passkeys can be activated for MFA only beside another MFA method.')
}

/** The service's own words, whether the pool does not offer the method or the user has no address or app for it (observed). */
function nothingToTurnOn(method: MfaMethod | 'WEB_AUTHN'): ApiError {
  return new ApiError('InvalidParameterException', `User does not have delivery config set to turn on ${method}`)
}

import { ApiError } from '../../contract/api-error.ts'
import type { MFAOptionType, SetUserMFAPreferenceRequest } from '../../contract/generated/types.ts'
import type { User } from '../user.ts'
import type { MfaWish, MfaWishes } from './mfa-preferences.ts'

type Settings = Pick<
  SetUserMFAPreferenceRequest,
  'SMSMfaSettings' | 'SoftwareTokenMfaSettings' | 'EmailMfaSettings' | 'WebAuthnMfaSettings'
>
type Setting = { readonly Enabled?: boolean | undefined; readonly PreferredMfa?: boolean | undefined }

export function readMfaWishes(request: Settings): MfaWishes {
  return {
    SMS_MFA: readWish(request.SMSMfaSettings),
    SOFTWARE_TOKEN_MFA: readWish(request.SoftwareTokenMfaSettings),
    EMAIL_OTP: readWish(request.EmailMfaSettings),
    passkey: request.WebAuthnMfaSettings?.Enabled,
  }
}

function readWish(setting: Setting | undefined): MfaWish | undefined {
  return setting && { enabled: setting.Enabled, preferred: setting.PreferredMfa }
}

/** Whether the options ask for codes by SMS; an empty list ends them. Throws InvalidParameterException for any other kind. */
export function readMfaOptions(options: readonly MFAOptionType[]): boolean {
  const isSms = ({ DeliveryMedium: medium, AttributeName: name }: MFAOptionType) => medium === 'SMS' && name === 'phone_number'
  if (options.length <= 1 && options.every(isSms)) return options.length === 1
  throw new ApiError('InvalidParameterException', 'MFAOptions can only be SMS to phone_number.')
}

/** The members that GetUser, AdminGetUser and the lists of authentication factors share; each is left out while nothing was set. */
export function writeMfa({ mfa }: User): { PreferredMfaSetting: string | undefined; UserMFASettingList: readonly string[] | undefined } {
  // (Unconfirmed: what passkeys are called in the list.)
  const list = mfa?.passkey ? [...mfa.enabled, 'WEB_AUTHN_MFA'] : mfa?.enabled
  return { PreferredMfaSetting: mfa?.preferred ?? undefined, UserMFASettingList: list }
}

/** Only what the older operations set: the newer ones are told of in UserMFASettingList. */
export function writeMfaOptions({ mfa }: User): readonly MFAOptionType[] | undefined {
  return mfa?.byOptions ? [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }] : undefined
}

import { ApiError } from '../../contract/api-error.ts'
import type { MFAOptionType, SetUserMFAPreferenceRequest } from '../../contract/generated/types.ts'
import type { User } from '../user.ts'
import type { MfaChanges, MfaMethodChange } from './mfa-preferences.ts'

type PreferenceRequest = Pick<
  SetUserMFAPreferenceRequest,
  'SMSMfaSettings' | 'SoftwareTokenMfaSettings' | 'EmailMfaSettings' | 'WebAuthnMfaSettings'
>
type MethodSettings = { readonly Enabled?: boolean | undefined; readonly PreferredMfa?: boolean | undefined }

export function readMfaChanges(request: PreferenceRequest): MfaChanges {
  return {
    SMS_MFA: readMethodChange(request.SMSMfaSettings),
    SOFTWARE_TOKEN_MFA: readMethodChange(request.SoftwareTokenMfaSettings),
    EMAIL_OTP: readMethodChange(request.EmailMfaSettings),
    passkey: request.WebAuthnMfaSettings?.Enabled,
  }
}

function readMethodChange(settings: MethodSettings | undefined): MfaMethodChange | undefined {
  return settings && { enabled: settings.Enabled, preferred: settings.PreferredMfa }
}

/**
 * Whether the options turn on codes by SMS. An empty list turns them off.
 * @throws ApiError InvalidParameterException for options of any other kind.
 */
export function readMfaOptions(options: readonly MFAOptionType[]): boolean {
  const isSms = ({ DeliveryMedium: medium, AttributeName: name }: MFAOptionType) => medium === 'SMS' && name === 'phone_number'
  if (options.length <= 1 && options.every(isSms)) return options.length === 1
  throw new ApiError('InvalidParameterException', 'MFAOptions can only be SMS to phone_number.')
}

/**
 * The members that GetUser, AdminGetUser and the lists of auth factors share. Both members are left out until MFA preferences were set for
 * the user.
 */
export function writeMfa({ mfa }: User): { PreferredMfaSetting: string | undefined; UserMFASettingList: readonly string[] | undefined } {
  // (Unconfirmed: the name of passkeys in UserMFASettingList.)
  const list = mfa?.passkey ? [...mfa.enabled, 'WEB_AUTHN_MFA'] : mfa?.enabled
  return { PreferredMfaSetting: mfa?.preferred ?? undefined, UserMFASettingList: list }
}

/** MFAOptions: only what SetUserSettings and AdminSetUserSettings set. UserMFASettingList shows what the newer operations set. */
export function writeMfaOptions({ mfa }: User): readonly MFAOptionType[] | undefined {
  return mfa?.byOptions ? [{ DeliveryMedium: 'SMS', AttributeName: 'phone_number' }] : undefined
}

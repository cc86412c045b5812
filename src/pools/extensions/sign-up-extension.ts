import { invalidParameter } from '../../contract/api-error.ts'
import type { SignUpExtensionType } from '../../contract/generated/types.ts'
import type { SignUpExtension } from './pool-extensions.ts'

/** @throws ApiError InvalidParameterException when HideExistingUsers lacks what it needs, or a setting would reveal what it hides */
export function readSignUpExtension(sent: SignUpExtensionType): SignUpExtension {
  const signUp = {
    contactCorrection: sent.ContactCorrection ?? false,
    unconfirmedLifetimeHours: sent.UnconfirmedUserLifetimeHours,
    hideExistingUsers: sent.HideExistingUsers ?? false,
    verifyAllAddresses: sent.VerifyAllAddresses ?? false,
  }
  if (!signUp.hideExistingUsers) return signUp
  if (signUp.unconfirmedLifetimeHours === undefined) {
    throw invalidParameter(
      'SignUp: HideExistingUsers needs UnconfirmedUserLifetimeHours. A sign-up with a taken name is remembered for as long as a real one waits.',
    )
  }
  if (signUp.contactCorrection) {
    throw invalidParameter('SignUp: HideExistingUsers cannot be combined with ContactCorrection, which tells whether an address is taken.')
  }
  return signUp
}

export function writeSignUpExtension(signUp: SignUpExtension): SignUpExtensionType {
  return {
    ContactCorrection: signUp.contactCorrection,
    UnconfirmedUserLifetimeHours: signUp.unconfirmedLifetimeHours,
    HideExistingUsers: signUp.hideExistingUsers ?? false,
    VerifyAllAddresses: signUp.verifyAllAddresses ?? false,
  }
}

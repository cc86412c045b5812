import { isRecoveredByAdminOnly } from '../../messaging/destination.ts'
import type { AppClientCaller } from '../../pools/app-client.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { ContactAttribute } from '../../pools/pool.ts'
import { isSelfServiceOff, lockedAttributesOf } from '../../users/self-service/self-service.ts'

/** Whether visitors can create an account on the pages. */
export const offersSignUp = (owner: AppClientCaller): boolean => !owner.pool.adminCreatesUsersOnly && !isSelfServiceOff(owner, 'SignUp')

/** Whether users can reset a forgotten password on the pages. */
export const offersReset = (owner: AppClientCaller): boolean =>
  !isRecoveredByAdminOnly(owner.pool) && !isSelfServiceOff(owner, 'ForgotPassword')

/** Whether new users can correct their address on the pages. */
export const offersCorrection = (owner: AppClientCaller, attribute: ContactAttribute): boolean =>
  extensionsOf(owner.pool).signUp.contactCorrection &&
  !isSelfServiceOff(owner, 'CorrectSignUpContact') &&
  !lockedAttributesOf(owner).has(attribute)

/** Whether users can register a passkey on the pages. */
export const offersPasskeys = (owner: AppClientCaller): boolean =>
  !isSelfServiceOff(owner, 'StartWebAuthnRegistration') && !isSelfServiceOff(owner, 'CompleteWebAuthnRegistration')

/** Whether users can tell on the pages that the browser is theirs, so that later sign-ins remember it. */
export const offersDevice = (owner: AppClientCaller): boolean =>
  !isSelfServiceOff(owner, 'ConfirmDevice') && !isSelfServiceOff(owner, 'UpdateDeviceStatus')

import { adminInitiateAuth } from './admin-initiate-auth.operation.ts'
import { adminRespondToAuthChallenge } from './admin-respond-to-auth-challenge.operation.ts'
import { associateSoftwareToken } from './factors/totp/associate-software-token.operation.ts'
import { verifySoftwareToken } from './factors/totp/verify-software-token.operation.ts'
import { initiateAuth } from './initiate-auth.operation.ts'
import { respondToAuthChallenge } from './respond-to-auth-challenge.operation.ts'

/** The API operations of this module. */
export const signInOperations = [
  adminInitiateAuth,
  adminRespondToAuthChallenge,
  associateSoftwareToken,
  initiateAuth,
  respondToAuthChallenge,
  verifySoftwareToken,
] as const

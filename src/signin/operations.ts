import { adminInitiateAuth } from './admin-initiate-auth.operation.ts'
import { adminRespondToAuthChallenge } from './admin-respond-to-auth-challenge.operation.ts'
import { initiateAuth } from './initiate-auth.operation.ts'
import { respondToAuthChallenge } from './respond-to-auth-challenge.operation.ts'

export const signInOperations = [adminInitiateAuth, adminRespondToAuthChallenge, initiateAuth, respondToAuthChallenge] as const

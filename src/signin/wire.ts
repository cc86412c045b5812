import type { InitiateAuthResponse } from '../contract/generated/types.ts'
import { writeTokens } from '../tokens/wire.ts'
import type { StepResult } from './sign-in.ts'

/** The response of all four sign-in operations. */
export function writeStepResult(result: StepResult): InitiateAuthResponse {
  if (result.kind === 'signed-in') return { AuthenticationResult: writeTokens(result.tokens), ChallengeParameters: {} }
  const { name, session, parameters, available } = result.challenge
  return { ChallengeName: name, Session: session, ChallengeParameters: parameters, AvailableChallenges: available }
}

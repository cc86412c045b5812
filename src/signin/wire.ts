import type { InitiateAuthResponse } from '../contract/generated/types.ts'
import { writeTokens } from '../tokens/wire.ts'
import type { Progress } from './sign-in.ts'

/** The answer of all four sign-in operations. */
export function writeProgress(progress: Progress): InitiateAuthResponse {
  if (progress.kind === 'signed-in') return { AuthenticationResult: writeTokens(progress.tokens), ChallengeParameters: {} }
  const { name, session, parameters, available } = progress.challenge
  return { ChallengeName: name, Session: session, ChallengeParameters: parameters, AvailableChallenges: available }
}

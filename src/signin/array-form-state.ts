import { type PackedResult, unpackResults } from './packed-results.ts'
import type { ChallengeName, StepUp } from './sign-in.ts'
import type { SignInState } from './sign-in-state.ts'

/**
 * Version 1 of the sealed format of a sign-in state: an array without a version number. Servers of the previous release write it. During a
 * rolling upgrade this server reads it, to finish the sign-ins that those servers began. A sealed state is valid for at most 15 minutes, so
 * the next release need not read version 1. Delete this file in that release.
 */
export type ArrayForm = readonly [
  id: string,
  poolId: string,
  clientId: string,
  sub: string,
  challenge: ChallengeName,
  proofs: readonly ChallengeName[],
  expiresAt: number,
  memory: unknown,
  eventId?: string | null,
  stepUp?: StepUp | null,
  custom?: readonly PackedResult[],
]

export function readArrayForm(form: ArrayForm): SignInState {
  const [id, poolId, clientId, sub, challenge, proofs, expiresAt, memory, eventId, stepUp, custom] = form
  const progress = { proofs, eventId: eventId ?? undefined, stepUp: stepUp ?? undefined, custom: custom && unpackResults(custom) }
  return { id, poolId, clientId, sub, challenge, expiresAt, progress, ...readMemory(challenge, memory) }
}

/**
 * In version 1 some members of the factors' own data (`memory`) had other names. The security stamp was one more member of this data, under
 * the name `standing`.
 */
function readMemory(challenge: ChallengeName, memory: unknown): Pick<SignInState, 'securityStamp' | 'memory'> {
  switch (challenge) {
    case 'PASSWORD_VERIFIER':
      return { securityStamp: undefined, memory }
    case 'NEW_PASSWORD_REQUIRED': {
      const { proven } = memory as { proven: string }
      return { securityStamp: undefined, memory: { passwordMark: proven } }
    }
    case 'SELECT_CHALLENGE': {
      const { asked, ...others } = memory as { asked?: string }
      return { securityStamp: undefined, memory: { ...others, chosen: asked } }
    }
    case 'CUSTOM_CHALLENGE': {
      const { standing, ...others } = memory as { standing: string }
      return { securityStamp: standing, memory: others }
    }
    default: {
      const { standing, own } = memory as { standing: string; own: unknown }
      return { securityStamp: standing, memory: own }
    }
  }
}

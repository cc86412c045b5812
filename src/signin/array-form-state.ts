import { type PackedResult, unpackResults } from './packed-results.ts'
import type { ChallengeName, StepUp } from './sign-in.ts'
import type { SignInState } from './sign-in-state.ts'

/**
 * Form 1 of a sealed state, without a version number. Servers of the previous release write it, so that during a rolling upgrade their
 * sign-ins are finished here. A sign-in lasts at most 15 minutes, so the next release need not read it any more: delete this file then.
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

/** Some members of the memory had other names, and the security stamp was one of them. */
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

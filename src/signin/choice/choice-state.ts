import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { ChallengeAnswer } from '../factor.ts'
import { sealState } from '../sealed-state.ts'
import { noProgress } from '../sign-in.ts'
import { newState, requireState, type SignInState } from '../sign-in-state.ts'
import type { ChoiceSignIn } from './choices.ts'
import type { FirstFactor } from './first-factor.ts'

/**
 * What a choice-based sign-in keeps until its first factor is proven. The user may choose again with each Session. So every Session is
 * sealed under the challenge name SELECT_CHALLENGE, whichever challenge the client sees.
 */
export type ChoiceMemory = {
  /** The name that the user typed at the beginning of the sign-in. Nothing else is known of a decoy. */
  readonly name: string
  /** Undefined until the user has chosen a first factor. */
  readonly chosen: FirstFactor | undefined
  /** Keyed hash of the code that was sent. */
  readonly codeHash?: string
  /** The random challenge that a passkey has to sign, in base64url. */
  readonly challenge?: string
}

export type ChoiceState = SignInState<ChoiceMemory>

type Deps = { readonly secrets: Secrets; readonly clock: Clock }

export function newChoiceState(
  { clock }: Deps,
  { context: { client }, sub, name, stepUp }: ChoiceSignIn,
  chosen: FirstFactor | undefined,
): ChoiceState {
  const progress = { ...noProgress, stepUp }
  return newState(client, sub, { challenge: 'SELECT_CHALLENGE', progress, memory: { name, chosen } }, clock.now())
}

export function sealChoiceState({ secrets }: Deps, state: ChoiceState, memory: Partial<ChoiceMemory> = {}): string {
  return sealState(secrets, { ...state, memory: { ...state.memory, ...memory } })
}

/** @throws ApiError NotAuthorizedException as `requireState` does. */
export function requireChoiceState({ clock }: Pick<Deps, 'clock'>, answer: ChallengeAnswer): ChoiceState {
  return requireState<ChoiceMemory>(answer, 'SELECT_CHALLENGE', clock.now())
}

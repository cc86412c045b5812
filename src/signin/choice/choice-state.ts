import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Answer } from '../factor.ts'
import { newState, requireState, type SignInState, sealState } from '../sign-in-state.ts'
import type { ChoiceName, Chooser } from './choices.ts'

/**
 * What a choice-based sign-in remembers until its first factor is proven. All its Sessions are sealed as SELECT_CHALLENGE, whatever was
 * asked, because the user may choose again with each.
 */
export type ChoiceMemory = {
  /** What the user called themselves at the beginning: it is all that there is to know of somebody who does not exist. */
  readonly name: string
  /** What was chosen; undefined while nothing was. */
  readonly asked: ChoiceName | undefined
  /** Keyed hash of the code that was sent. */
  readonly codeHash?: string
  /** What a passkey is to sign, base64url. */
  readonly challenge?: string
}

export type ChoiceState = SignInState<ChoiceMemory>

type Deps = { readonly secrets: Secrets; readonly clock: Clock }

export function newChoiceState({ clock }: Deps, { client, sub, name, stepUp }: Chooser, asked: ChoiceName | undefined): ChoiceState {
  return newState(client, sub, { challenge: 'SELECT_CHALLENGE', proofs: [], memory: { name, asked }, stepUp }, clock.now())
}

export function sealChoiceState({ secrets }: Deps, state: ChoiceState, memory: Partial<ChoiceMemory> = {}): string {
  return sealState(secrets, { ...state, memory: { ...state.memory, ...memory } })
}

/** Throws NotAuthorizedException, as `requireState` does. */
export function requireChoiceState({ clock }: Pick<Deps, 'clock'>, answer: Pick<Answer, 'state' | 'client'>): ChoiceState {
  return requireState<ChoiceMemory>(answer, 'SELECT_CHALLENGE', clock.now())
}

import type { Secrets } from '../base/secrets.ts'
import type { ChallengeResult } from '../triggers/custom-challenge.ts'
import type { ChallengeName, StepUp } from './sign-in.ts'
import type { SignInState } from './sign-in-state.ts'

type Plain = readonly [string, string, string, string, ChallengeName, readonly ChallengeName[], number, unknown]
type Sealed = Plain | readonly [...Plain, string | null] | readonly [...Plain, string | null, StepUp | null, (readonly PackedResult[])?]

/** Every Session of Cognito begins like this; some clients look. */
const prefix = 'AYABe'

export function sealState(secrets: Secrets, state: SignInState): string {
  const { id, poolId, clientId, sub, challenge, expiresAt, memory, progress } = state
  const { proofs, eventId, stepUp, custom } = progress
  const plain: Plain = [id, poolId, clientId, sub, challenge, proofs, expiresAt, memory]
  const withEvent = eventId === undefined ? plain : ([...plain, eventId] as const)
  const withStepUp: Sealed = stepUp === undefined ? withEvent : [...plain, eventId ?? null, stepUp]
  const content: Sealed = custom === undefined ? withStepUp : [...plain, eventId ?? null, stepUp ?? null, packResults(custom)]
  return prefix + secrets.seal('sign-in-state', JSON.stringify(content))
}

/** The content of a sealed state, of any client and any age; undefined when we did not seal it. */
export function openState(secrets: Secrets, text: string): SignInState | undefined {
  const content = text.startsWith(prefix) ? secrets.open('sign-in-state', text.slice(prefix.length)) : undefined
  if (content === undefined) return undefined
  const sealed = JSON.parse(content.toString()) as Sealed
  const [id, poolId, clientId, sub, challenge, proofs, expiresAt, memory, eventId, stepUp, packed] = sealed
  const progress = { proofs, eventId: eventId ?? undefined, stepUp: stepUp ?? undefined, custom: packed && unpackResults(packed) }
  return { id, poolId, clientId, sub, challenge, expiresAt, progress, memory }
}

/** A result of a custom challenge. A Session has a limited length, so the name CUSTOM_CHALLENGE is left out. */
type PackedResult = readonly [0 | 1, (string | null)?, string?]

const customChallenge = 'CUSTOM_CHALLENGE'

function packResults(results: readonly ChallengeResult[]): readonly PackedResult[] {
  return results.map(({ name, isPassed, metadata }) => {
    const flag = isPassed ? 1 : 0
    if (name !== customChallenge) return [flag, metadata, name]
    return metadata === null ? [flag] : [flag, metadata]
  })
}

function unpackResults(packed: readonly PackedResult[]): readonly ChallengeResult[] {
  return packed.map(([flag, metadata = null, name = customChallenge]) => ({ name, isPassed: flag === 1, metadata }))
}

import { randomUUID } from 'node:crypto'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { ChallengeResult } from '../triggers/custom-challenge.ts'
import { type PackedResult, packResults, unpackResults } from './factors/custom/custom-sign-in.ts'
import type { ChallengeName, StepUp } from './sign-in.ts'

/**
 * What a sign-in remembers between two calls. It travels sealed in `Session` (or in SRP's SECRET_BLOCK), so that any node can take
 * the answer and no row waits for users who never come back.
 */
export type SignInState<Memory = unknown> = {
  /** Spent when the step succeeds: a state works once. */
  readonly id: string
  readonly poolId: string
  readonly clientId: string
  /** A user's, or a decoy's. */
  readonly sub: string
  readonly challenge: ChallengeName
  readonly proofs: readonly ChallengeName[]
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly memory: Memory
  /** See `SignIn`. */
  readonly eventId?: string | undefined
  readonly stepUp?: StepUp | undefined
  readonly custom?: readonly ChallengeResult[] | undefined
}

type Plain = readonly [string, string, string, string, ChallengeName, readonly ChallengeName[], number, unknown]
type Sealed = Plain | readonly [...Plain, string | null] | readonly [...Plain, string | null, StepUp | null, (readonly PackedResult[])?]

/** Every Session of Cognito begins like this; some clients look. */
const prefix = 'AYABe'

export function newState<Memory>(
  client: AppClient,
  sub: string,
  step: Pick<SignInState<Memory>, 'challenge' | 'proofs' | 'memory' | 'eventId' | 'stepUp' | 'custom'>,
  now: number,
): SignInState<Memory> {
  const expiresAt = now + client.authSessionValidityMinutes * 60_000
  return { id: randomUUID(), poolId: client.poolId, clientId: client.id, sub, expiresAt, ...step }
}

export function sealState(secrets: Secrets, state: SignInState): string {
  const { id, poolId, clientId, sub, challenge, proofs, expiresAt, memory, eventId, stepUp, custom } = state
  const plain: Plain = [id, poolId, clientId, sub, challenge, proofs, expiresAt, memory]
  const withEvent = eventId === undefined ? plain : ([...plain, eventId] as const)
  const withStepUp: Sealed = stepUp === undefined ? withEvent : [...plain, eventId ?? null, stepUp]
  const content: Sealed = custom === undefined ? withStepUp : [...plain, eventId ?? null, stepUp ?? null, packResults(custom)]
  return prefix + secrets.seal('sign-in-state', JSON.stringify(content))
}

/**
 * The state that an answer came with (see `peekAtState`). Throws NotAuthorizedException when it is none of ours, or one of another client or
 * challenge, or too old. Only factors seal states, each under its own challenge name, so that the memory of a state is of the type its
 * challenge writes.
 */
export function requireState<Memory>(
  { state, client }: { readonly state: SignInState | undefined; readonly client: AppClient },
  challenge: ChallengeName,
  now: number,
): SignInState<Memory> {
  if (state === undefined || state.poolId !== client.poolId || state.clientId !== client.id) throw invalidSession()
  return requireLive(state as SignInState<Memory>, challenge, now)
}

/** The same for the operations that are given a Session, and are not told of which client. */
export function openAnyState<Memory>(secrets: Secrets, text: string, challenge: ChallengeName, now: number): SignInState<Memory> {
  const state = peekAtState<Memory>(secrets, text)
  if (state === undefined) throw invalidSession()
  return requireLive(state, challenge, now)
}

/** What a state says, whosever and however old it is; undefined when it is not one of ours. */
export function peekAtState<Memory>(secrets: Secrets, text: string): SignInState<Memory> | undefined {
  const content = text.startsWith(prefix) ? secrets.open('sign-in-state', text.slice(prefix.length)) : undefined
  if (content === undefined) return undefined
  const sealed = JSON.parse(content.toString()) as Sealed
  const [id, poolId, clientId, sub, challenge, proofs, expiresAt, memory, eventId, stepUp, packed] = sealed
  return {
    id,
    poolId,
    clientId,
    sub,
    challenge,
    proofs,
    expiresAt,
    memory: memory as Memory,
    eventId: eventId ?? undefined,
    stepUp: stepUp ?? undefined,
    custom: packed && unpackResults(packed),
  }
}

function requireLive<State extends SignInState>(state: State, challenge: ChallengeName, now: number): State {
  if (state.challenge !== challenge) throw invalidSession()
  if (state.expiresAt <= now) throw expiredSession()
  return state
}

export const expiredSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user, session is expired.')

/** The refusal of a state that has done its work. */
export const usedSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user, session can only be used once.')

export const invalidSession = () => new ApiError('NotAuthorizedException', 'Invalid session for the user.')

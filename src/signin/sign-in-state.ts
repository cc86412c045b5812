import { randomUUID } from 'node:crypto'
import type { AppClient } from '../pools/app-client.ts'
import type { ChallengeName, SignInProgress } from './sign-in.ts'
import { expiredSession, invalidSession } from './sign-in-errors.ts'

/**
 * What a sign-in keeps between two calls. The state travels sealed in `Session` (or in SRP's SECRET_BLOCK). So any server can take the
 * answer, and a sign-in that is given up leaves no row behind.
 */
export type SignInState<Memory = unknown> = {
  /** Id of this state. The id is consumed when the step succeeds, so that the state works once. */
  readonly id: string
  readonly poolId: string
  readonly clientId: string
  /** The `sub` of the user, or of a decoy. */
  readonly sub: string
  readonly challenge: ChallengeName
  /** Epoch milliseconds. */
  readonly expiresAt: number
  /** The progress before the answer to `challenge`. */
  readonly progress: SignInProgress
  /**
   * The user's security stamp when the challenge was issued. Undefined for steps that do not depend on the stamp, such as a first factor.
   */
  readonly securityStamp: string | undefined
  /** What the factor needs to check the answer. */
  readonly memory: Memory
}

export type ConsumableState = Pick<SignInState, 'id' | 'expiresAt'>

export function newState<Memory>(
  client: AppClient,
  sub: string,
  step: Pick<SignInState<Memory>, 'challenge' | 'progress' | 'memory'> & { readonly securityStamp?: string },
  now: number,
): SignInState<Memory> {
  const expiresAt = now + client.authSessionValidityMinutes * 60_000
  return { id: randomUUID(), poolId: client.poolId, clientId: client.id, sub, expiresAt, securityStamp: undefined, ...step }
}

/**
 * Checks the sign-in state that came with an answer to `challenge`, and returns it. Each factor seals its states under its own challenge
 * name. So the caller, which is the factor of `challenge`, knows the type of its own data: `Memory`.
 *
 * @throws ApiError NotAuthorizedException when we did not seal the state, when it belongs to another client or challenge, and when it has
 * expired.
 */
export function requireState<Memory>(
  { state, context: { client } }: { readonly state: SignInState | undefined; readonly context: { readonly client: AppClient } },
  challenge: ChallengeName,
  now: number,
): SignInState<Memory> {
  if (state === undefined || state.poolId !== client.poolId || state.clientId !== client.id) throw invalidSession()
  return requireStateOfAnyClient(state, challenge, now)
}

/** Checks a sign-in state as `requireState` does, but for any app client: some operations receive a Session but no client id. */
export function requireStateOfAnyClient<Memory>(
  state: SignInState | undefined,
  challenge: ChallengeName,
  now: number,
): SignInState<Memory> {
  if (state === undefined || state.challenge !== challenge) throw invalidSession()
  if (state.expiresAt <= now) throw expiredSession()
  return state as SignInState<Memory>
}

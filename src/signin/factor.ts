import type { AppClient } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { User } from '../users/user.ts'
import type { Challenge, ChallengeName, SignIn } from './sign-in.ts'
import type { SignInState } from './sign-in-state.ts'

/** The answer to a challenge, as the client sent it. */
export type Answer = {
  readonly pool: Pool
  readonly client: AppClient
  readonly session: string | undefined
  readonly responses: Readonly<Record<string, string>>
}

/** The step that was proven, by whom, and the state it used up; the journey decides what comes next. */
export type Proof = {
  readonly user: User
  readonly proofs: readonly ChallengeName[]
  /** Undefined when the step began and ended in one call. */
  readonly spends: Pick<SignInState, 'id' | 'expiresAt'> | undefined
}

/** What a factor makes of an answer: proven, or another question of its own first. A wrong answer is an ApiError. */
export type Verdict = { readonly kind: 'proven'; readonly proof: Proof } | { readonly kind: 'ask'; readonly challenge: Challenge }

/**
 * One way to prove something. It knows how to judge an answer to its challenge and nothing of other factors or of the order they come in.
 * `D` is what it needs.
 */
export type Factor<D> = {
  readonly challenge: ChallengeName
  answer(deps: D, answer: Answer): Promise<Verdict>
}

/** A factor that the journey puts between the first one and the tokens when the user's state, or the pool, asks for it. */
export type Interposed<D> = Factor<D> & {
  /** The question, or undefined when this sign-in need not answer it. Throws ApiError when it can neither ask nor pass. */
  ask(deps: D, signIn: SignIn): Promise<Challenge | undefined>
}

import type { Delivery } from '../messaging/destination.ts'
import type { AppClient } from '../pools/app-client.ts'
import type { MfaMethod, Pool } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import type { CallerContext } from '../triggers/trigger.ts'
import type { User } from '../users/user.ts'
import type { CustomSignIn } from './factors/custom/custom-sign-in.ts'
import type { Challenge, ChallengeName, SignIn, StepUp } from './sign-in.ts'
import type { SignInState } from './sign-in-state.ts'

/** The answer to a challenge, as the client sent it. */
export type Answer = {
  readonly pool: Pool
  readonly client: AppClient
  /** What its Session or SECRET_BLOCK says; undefined when that is none of ours. Whether it is good for this answer, `requireState` says. */
  readonly state: SignInState | undefined
  readonly responses: Readonly<Record<string, string>>
  readonly caller: CallerContext
}

/** The step that was proven, by whom, and the state it used up; the journey decides what comes next. */
export type Proof = {
  readonly user: User
  readonly proofs: readonly ChallengeName[]
  /** Undefined when the step began and ended in one call. */
  readonly consumes: Pick<SignInState, 'id' | 'expiresAt'> | undefined
  /** What the sign-in is after, where the call that proves this began it. */
  readonly stepUp?: StepUp | undefined
}

/** A question as it is put to the user. */
export type Question = Challenge & {
  /**
   * What has to be stored in the transaction that uses up the state before it, such as the message with the code that is asked for. A
   * message is the answer, unless the client hides whether there was anybody to send it to.
   */
  queue?(tx: Tx): Promise<Delivery | undefined>
}

/**
 * What a factor makes of an answer: proven, or another question first, or for the pool's functions to go on with. A wrong answer is an
 * ApiError.
 */
export type Verdict =
  | { readonly kind: 'proven'; readonly proof: Proof }
  | { readonly kind: 'ask'; readonly question: Question; readonly consumes: Proof['consumes'] }
  | {
      readonly kind: 'custom'
      readonly signIn: CustomSignIn
      /** SRP's A, if the call brought it. */
      readonly clientPublic: bigint | undefined
    }

/**
 * One way to prove something. It knows how to judge an answer to its challenge and nothing of other factors or of the order they come in.
 * `D` is what it needs.
 */
export type Factor<D> = {
  readonly challenge: ChallengeName
  answer(deps: D, answer: Answer): Promise<Verdict>
}

/** A factor that can be the second one of a sign-in. Its challenge is called like the method. */
export type SecondFactor<D> = Factor<D> & {
  readonly challenge: MfaMethod
  /** The question to a user who has what it takes: an address, or a registered app. */
  createChallenge(deps: D, signIn: SignIn): Promise<Question>
}

/** What the journey puts between the first factor and the tokens when the user's state, or the pool, asks for it. */
export type RequiredStep<D> = {
  /** The question, or undefined when this sign-in need not answer it. Throws ApiError when it can neither ask nor pass. */
  ask(deps: D, signIn: SignIn): Promise<Question | undefined>
}

import type { Delivery } from '../messaging/destination.ts'
import type { MfaMethod } from '../pools/pool.ts'
import type { Tx } from '../storage/db.ts'
import type { User } from '../users/user.ts'
import type { CustomSignIn } from './factors/custom/custom-sign-in.ts'
import type { RequestParameters } from './parameters.ts'
import type { Challenge, ChallengeName, SignIn, SignInContext, SignInProgress } from './sign-in.ts'
import type { ConsumableState, SignInState } from './sign-in-state.ts'

/** The answer to a challenge, as the client sent it. */
export type ChallengeAnswer = {
  readonly context: SignInContext
  /**
   * The sign-in state in the answer's Session or SECRET_BLOCK; undefined when we did not seal it. Whether the state belongs to this client
   * and challenge is not checked yet: `requireState` checks that.
   */
  readonly state: SignInState | undefined
  readonly responses: RequestParameters
}

/** A challenge that is not issued yet. */
export type NewChallenge = Challenge & {
  /**
   * Stores what belongs to the challenge, such as a message with a code. Runs in the transaction that consumes the state of the previous
   * challenge. Returns the delivery of the message, which the caller passes to `afterCommit` in messaging/outbox.ts: in some pools the call
   * fails when the gateway refuses the message. Returns undefined when there is no message. Returns undefined also for a first factor of a
   * choice-based sign-in where the client hides which users exist: a call that fails because of a refused message would reveal that the
   * user exists.
   */
  queue?(tx: Tx): Promise<Delivery | undefined>
}

/**
 * What follows from a request or an answer: a proof, another challenge, or the next step that the trigger functions of `CUSTOM_AUTH`
 * define. `consumes` is the sign-in state that the caller has to consume. It is undefined when the call began the sign-in, or has consumed
 * the state already. A wrong answer is not an outcome: it throws an ApiError.
 */
export type StepOutcome =
  | ProvenStep
  | { readonly kind: 'challenge'; readonly challenge: NewChallenge; readonly consumes: ConsumableState | undefined }
  | {
      readonly kind: 'custom'
      readonly signIn: CustomSignIn
      /** A, the client's public value of SRP, if the call brought it. */
      readonly clientPublic: bigint | undefined
    }

export type ProvenStep = {
  readonly kind: 'proven'
  readonly user: User
  /** The progress, including the new proof. */
  readonly progress: SignInProgress
  readonly consumes: ConsumableState | undefined
}

/**
 * One way to prove something. A factor knows how to check an answer to its challenge. It knows neither other factors nor their order. `D`
 * is the type of the services that the factor depends on.
 */
export type Factor<D> = {
  readonly challenge: ChallengeName
  handleAnswer(deps: D, answer: ChallengeAnswer): Promise<StepOutcome>
}

/** A factor that can be the second one of a sign-in. Its challenge has the name of the MFA method. */
export type SecondFactor<D> = Factor<D> & {
  readonly challenge: MfaMethod
  /** Call it only for a user who has the address or the authenticator app that the factor needs. */
  createChallenge(deps: D, signIn: SignIn): Promise<NewChallenge>
}

/** A challenge between the first factor and the tokens, for users or pools that need it. */
export type RequiredStep<D> = {
  /**
   * Undefined when this sign-in does not need the step.
   *
   * @throws ApiError when the step is needed but cannot be taken.
   */
  findChallenge(deps: D, signIn: SignIn): Promise<NewChallenge | undefined>
}

/** Why a sign-in by an identity provider failed. The names are a label of the metrics, so the list stays short. */
export type FailureReason =
  /** The settings of the provider cannot be used, or the app client does not offer it. */
  | 'settings'
  /** The provider gave no answer. */
  | 'unreachable'
  /** The user declined at the provider. */
  | 'declined'
  /** The provider answered with an error. */
  | 'provider-error'
  /** The answer of the provider is not to be trusted, or not readable. */
  | 'invalid-answer'
  /** The provider vouches for the user, but the pool or a trigger function refuses the user. */
  | 'refused'

type Options = {
  /** The error code for the app. Most failures are `invalid_request`, as at Cognito. */
  readonly error?: 'invalid_request' | 'server_error' | 'access_denied' | 'login_required' | undefined
  readonly reason?: FailureReason | undefined
  readonly cause?: unknown
}

/** Parts of a message may come from a provider. It has to fit into the address of the app. */
const mostCharacters = 500

/**
 * A sign-in by an identity provider failed. The message goes to the app as `error_description`, so it has no secret and no data of the user.
 * `cause` goes to the log only.
 */
export class FederationError extends Error {
  override readonly name = 'FederationError'
  readonly error: NonNullable<Options['error']>
  readonly reason: FailureReason

  constructor(message: string, { error = 'invalid_request', reason = 'invalid-answer', cause }: Options = {}) {
    super(message.slice(0, mostCharacters), { cause })
    this.error = error
    this.reason = reason
  }
}

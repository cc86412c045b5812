type Options = {
  /** The error code for the app. Most failures are `invalid_request`, as at Cognito. */
  readonly error?: 'invalid_request' | 'server_error' | 'access_denied' | 'login_required' | undefined
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

  constructor(message: string, { error = 'invalid_request', cause }: Options = {}) {
    super(message.slice(0, mostCharacters), { cause })
    this.error = error
  }
}

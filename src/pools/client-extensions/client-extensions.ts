/** A public key (RFC 7517 §4), checked by `readPublicKeys`. */
export type PublicJwk = Readonly<Record<string, unknown>>

/**
 * The settings of an app client that Cognito does not have. UpdateUserPoolClient does not change them, so that programs that know only
 * Cognito's settings (such as Terraform) do not remove them. Except for `confirmationLinks`, they have an effect in pools of manner `STRICT`
 * only.
 */
export type ClientExtensions = {
  readonly privateKeyJwt: PrivateKeyJwtExtension
  readonly pushedRequests: PushedRequestsExtension
  /** Undefined: the link in a message confirms the user when it is opened, and leads nowhere, as at Cognito. */
  readonly confirmationLinks?: ConfirmationLinksExtension | undefined
}

export type PrivateKeyJwtExtension = {
  /** The public keys with which the client authenticates itself. Undefined: the client has a secret, or is public. */
  readonly keys: readonly PublicJwk[] | undefined
}

export type PushedRequestsExtension = {
  /** Whether the authorization endpoint refuses requests that were not pushed (RFC 9126 §6). */
  readonly isRequired: boolean
}

/** What the links do that confirm new users. With this setting they ask for a click first, because mail scanners open links. */
export type ConfirmationLinksExtension = {
  /** Whether a user who opens the link in the browser of the sign-up is signed in. */
  readonly signsIn: boolean
  /** Where links may lead, besides the callback and logout URLs of the client. */
  readonly returnUrls: readonly string[]
}

const noClientExtensions: ClientExtensions = { privateKeyJwt: { keys: undefined }, pushedRequests: { isRequired: false } }

export function clientExtensionsOf({ extensions }: { readonly extensions?: ClientExtensions | undefined }): ClientExtensions {
  return { ...noClientExtensions, ...extensions }
}

/** A public key (RFC 7517 §4), checked by `readPublicKeys`. */
export type PublicJwk = Readonly<Record<string, unknown>>

/**
 * The settings of an app client that Cognito does not have. UpdateUserPoolClient does not change them, so that programs that know only
 * Cognito's settings (such as Terraform) do not remove them. They have an effect in pools of manner `STRICT` only.
 */
export type ClientExtensions = {
  readonly privateKeyJwt: PrivateKeyJwtExtension
  readonly pushedRequests: PushedRequestsExtension
  readonly deviceGrant: DeviceGrantExtension
}

export type PrivateKeyJwtExtension = {
  /** The public keys with which the client authenticates itself. Undefined: the client has a secret, or is public. */
  readonly keys: readonly PublicJwk[] | undefined
}

export type PushedRequestsExtension = {
  /** Whether the authorization endpoint refuses requests that were not pushed (RFC 9126 §6). */
  readonly isRequired: boolean
}

export type DeviceGrantExtension = {
  /** Whether the client may use the device authorization grant (RFC 8628). It needs the code flow besides. */
  readonly isEnabled: boolean
}

const noClientExtensions: ClientExtensions = {
  privateKeyJwt: { keys: undefined },
  pushedRequests: { isRequired: false },
  deviceGrant: { isEnabled: false },
}

export function clientExtensionsOf({ extensions }: { readonly extensions?: ClientExtensions | undefined }): ClientExtensions {
  return { ...noClientExtensions, ...extensions }
}

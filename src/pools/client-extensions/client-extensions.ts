import type { PageTexts } from '../extensions/page-texts.ts'
import { noSelfServiceRules, type SelfServiceExtension } from '../extensions/self-service.ts'

/** A public key (RFC 7517 §4), checked by `readPublicKeys`. */
export type PublicJwk = Readonly<Record<string, unknown>>

/**
 * The settings of an app client that Cognito does not have. UpdateUserPoolClient does not change them, so that programs that know only
 * Cognito's settings (such as Terraform) do not remove them. Keys and pushed requests have an effect in pools of manner `STRICT` only.
 */
export type ClientExtensions = {
  readonly privateKeyJwt: PrivateKeyJwtExtension
  readonly pushedRequests: PushedRequestsExtension
  /** Undefined: the link in a message confirms the user when it is opened, and leads nowhere, as at Cognito. */
  readonly confirmationLinks?: ConfirmationLinksExtension | undefined
  /** Undefined, in clients of earlier releases, means `noLogout`. */
  readonly frontChannelLogout?: LogoutExtension
  readonly backChannelLogout?: LogoutExtension
  /** Undefined in clients of earlier releases. */
  readonly deviceGrant?: DeviceGrantExtension
  /** Undefined in clients of earlier releases. */
  readonly hostedPages?: ClientHostedPagesExtension
  /** Undefined in clients of earlier releases. */
  readonly selfService?: SelfServiceExtension
}

export type PrivateKeyJwtExtension = {
  /** The public keys with which the client authenticates itself. */
  readonly keys: readonly PublicJwk[] | undefined
  /** Where the client publishes its public keys, in the place of `keys`. Without both, the client has a secret, or is public. */
  readonly jwksUri?: string | undefined
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

/** How the client learns that a session of the hosted pages has ended. */
export type LogoutExtension = {
  /** The address that the browser loads (front channel) or that the server calls (back channel). Undefined: it is not used. */
  readonly uri: string | undefined
  /** Whether the client needs to know which session has ended. Logout tokens always say it; the address of the front channel on demand. */
  readonly isSessionRequired: boolean
}

export type DeviceGrantExtension = {
  /** Whether the client may use the device authorization grant (RFC 8628). It needs the code flow besides. */
  readonly isEnabled: boolean
}

export type ClientHostedPagesExtension = {
  /** Texts that replace those of the pages and those of the pool. */
  readonly texts: PageTexts | undefined
}

const noLogout: LogoutExtension = { uri: undefined, isSessionRequired: false }

const noClientExtensions = {
  privateKeyJwt: { keys: undefined },
  pushedRequests: { isRequired: false },
  frontChannelLogout: noLogout,
  backChannelLogout: noLogout,
  deviceGrant: { isEnabled: false },
  hostedPages: { texts: undefined },
  selfService: noSelfServiceRules,
} satisfies ClientExtensions

/** The extensions with their defaults. */
type KnownExtensions = Required<Omit<ClientExtensions, 'confirmationLinks'>> & Pick<ClientExtensions, 'confirmationLinks'>

export function clientExtensionsOf({ extensions }: { readonly extensions?: ClientExtensions | undefined }): KnownExtensions {
  return { ...noClientExtensions, ...extensions }
}

/** Whether the client authenticates itself by keys, and so by nothing else. */
export function hasKeys(client: { readonly extensions?: ClientExtensions | undefined }): boolean {
  const { keys, jwksUri } = clientExtensionsOf(client).privateKeyJwt
  return keys !== undefined || jwksUri !== undefined
}

import type { ProviderExtension } from '../pools/extensions/federation-extension.ts'
import type { IdentityProvider } from '../pools/identity-providers/identity-provider.ts'
import type { FederatedIdentity } from './federated-identity.ts'
import type { ProviderSession } from './provider-session.ts'

/** What a sign-in by an identity provider begins with. */
export type ProviderRequest = {
  readonly poolId: string
  readonly provider: IdentityProvider
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string
  /** Ties the provider's answer to this sign-in. */
  readonly state: string
  /** The nonce of the app, or one of ours. */
  readonly nonce: string
  readonly loginHint: string | undefined
  /** The values of `prompt` that the provider may know. */
  readonly prompts: readonly string[]
  /** The user has to have signed in at the provider within so many seconds. Undefined: any session there will do. */
  readonly mostAgeSeconds: number | undefined
}

/** The address that the browser goes to, and what the server has to know when the answer comes. */
export type BegunAtProvider = { readonly location: string; readonly proof: ProviderProof }

/** What only the server knows until the answer comes. */
export type ProviderProof = Pick<ProviderRequest, 'redirectUri' | 'state' | 'nonce'> & {
  /** The PKCE verifier (RFC 7636), where the provider knows PKCE. */
  readonly verifier?: string | undefined
  /** The id of a SAML request. Undefined for an IdP-initiated response, which answers no request. */
  readonly requestId?: string | undefined
}

/** What a logout at a provider begins with. */
export type ProviderLogoutRequest = {
  readonly poolId: string
  readonly provider: IdentityProvider
  readonly session: ProviderSession
  /** Where the provider sends the browser back to. */
  readonly returnUri: string
  readonly state: string
}

/** The address that the browser goes to. `requestId` is the id of a SAML request. */
export type BegunLogout = { readonly location: string; readonly requestId?: string | undefined }

/** What a provider says after a logout, and what it has to fit. */
export type LogoutAnswer = Pick<ProviderLogoutRequest, 'poolId' | 'returnUri' | 'state'> & {
  readonly requestId: string | undefined
  readonly answer: ProviderAnswer
  /** The query as it was sent, if the answer came by a redirect. Undefined for a form. */
  readonly query: string | undefined
}

/** The parameters of the provider's answer. */
export type ProviderAnswer = ReadonlyMap<string, string>

/** What a provider says after a sign-in, and what it has to fit. */
export type ReceivedAnswer = {
  readonly poolId: string
  readonly proof: ProviderProof
  readonly answer: ProviderAnswer
  /** Which algorithms the encrypted assertion of a SAML provider may have. */
  readonly assertionEncryption: ProviderExtension['assertionEncryption']
}

/** How users are signed in by providers of one type. */
export type ProviderProtocol = {
  /** @throws FederationError when the provider cannot be used. */
  begin(request: ProviderRequest): Promise<BegunAtProvider>
  /**
   * Verifies the provider's answer.
   *
   * @throws FederationError when the answer is not good.
   */
  finish(provider: IdentityProvider, received: ReceivedAnswer): Promise<FederatedIdentity>
  /**
   * Begins a logout at the provider. Undefined when the provider has no address for it.
   *
   * @throws FederationError when the provider cannot be used.
   */
  beginLogout(request: ProviderLogoutRequest): Promise<BegunLogout | undefined>
  /**
   * Verifies what the provider says after a logout. Returns the reason why the provider did not end the session, if it says so.
   *
   * @throws FederationError when the answer is not good.
   */
  finishLogout(provider: IdentityProvider, answer: LogoutAnswer): Promise<string | undefined>
}

import type { IdentityProvider } from '../pools/identity-providers/identity-provider.ts'
import type { FederatedIdentity } from './federated-identity.ts'

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
}

/** The address that the browser goes to, and what the server has to know when the answer comes. */
export type BegunAtProvider = { readonly location: string; readonly proof: ProviderProof }

/** What only the server knows until the answer comes. */
export type ProviderProof = Pick<ProviderRequest, 'redirectUri' | 'state' | 'nonce'> & {
  /** The PKCE verifier (RFC 7636), where the provider knows PKCE. */
  readonly verifier?: string | undefined
  /** The id of a SAML request. Undefined for a response that nobody has asked for. */
  readonly requestId?: string | undefined
}

/** The parameters of the provider's answer. */
export type ProviderAnswer = ReadonlyMap<string, string>

/** How users are signed in by providers of one type. */
export type ProviderProtocol = {
  /** @throws FederationError when the provider cannot be used. */
  begin(request: ProviderRequest): Promise<BegunAtProvider>
  /**
   * Verifies the provider's answer.
   *
   * @throws FederationError when the answer is not good.
   */
  finish(
    provider: IdentityProvider,
    pending: { readonly poolId: string; readonly proof: ProviderProof; readonly answer: ProviderAnswer },
  ): Promise<FederatedIdentity>
}

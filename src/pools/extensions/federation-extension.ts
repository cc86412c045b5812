import type { FederationExtensionType, ProviderExtensionType } from '../../contract/generated/types.ts'

/**
 * Who a new identity at a provider belongs to. `SEPARATE`: to a user of its own, as at Cognito. `VERIFIED_EMAIL`: to the user with the same
 * e-mail address, if both the provider and this pool have verified it. `PROOF`: to that user, once the user has signed in to prove it.
 */
export type LinkingPolicy = 'SEPARATE' | 'VERIFIED_EMAIL' | 'PROOF'

/** When the claim of a provider is written to its attribute. */
export type AttributeMode = 'ALWAYS' | 'IF_EMPTY' | 'FIRST' | 'NEVER'

export type ProviderExtension = {
  /** Whether the provider's e-mail addresses count as verified. `AS_CLAIMED`: if its claim `email_verified` says so. */
  readonly emailVerified: 'AS_CLAIMED' | 'ALWAYS' | 'NEVER'
  /** By the name of the attribute. All others have the mode ALWAYS. */
  readonly attributeModes: Readonly<Record<string, AttributeMode>>
  /** Whether a logout here also ends the session at the provider, if it is one of OpenID Connect. SAML providers have IDPSignout for it. */
  readonly signOutAtProvider: boolean
  /**
   * Issuers or entity ids that the provider had before, at most ten. Users who signed in with one of them are those of the present issuer.
   * Without this, a user of one issuer is never signed in by another.
   */
  readonly previousIssuers: readonly string[]
  /**
   * Which algorithms encrypted assertions of a SAML provider may have. `ANY`: AES-CBC and AES-GCM. `AUTHENTICATED`: only AES-GCM, which notices
   * that a ciphertext was changed.
   */
  readonly assertionEncryption: 'ANY' | 'AUTHENTICATED'
}

export type FederationExtension = {
  readonly linking: LinkingPolicy
  /**
   * What happens at the first sign-in of an identity that PreSignUp has linked to a user. `REFUSED`: an error, and the next sign-in succeeds,
   * as at Cognito. `SIGNED_IN`: the user is signed in.
   */
  readonly firstLinkedSignIn: 'REFUSED' | 'SIGNED_IN'
  /** By the name of the provider. */
  readonly providers: Readonly<Record<string, ProviderExtension>>
}

export const noFederation: FederationExtension = { linking: 'SEPARATE', firstLinkedSignIn: 'REFUSED', providers: {} }

const noProvider: ProviderExtension = {
  emailVerified: 'AS_CLAIMED',
  attributeModes: {},
  signOutAtProvider: false,
  previousIssuers: [],
  assertionEncryption: 'ANY',
}

/** The settings for a provider. A pool without the extension behaves as Cognito. */
export function providerExtensionOf({ providers }: FederationExtension, name: string): ProviderExtension {
  // Settings that an earlier release has stored lack the newer members.
  return Object.hasOwn(providers, name) ? { ...noProvider, ...providers[name] } : noProvider
}

export function readFederation({ LinkingPolicy, FirstLinkedSignIn, Providers = {} }: FederationExtensionType): FederationExtension {
  return {
    linking: LinkingPolicy ?? noFederation.linking,
    firstLinkedSignIn: FirstLinkedSignIn ?? noFederation.firstLinkedSignIn,
    providers: Object.fromEntries(Object.entries(Providers).map(([name, provider]) => [name, readProvider(provider)])),
  }
}

const readProvider = (given: ProviderExtensionType): ProviderExtension => ({
  emailVerified: given.EmailVerified ?? noProvider.emailVerified,
  attributeModes: given.AttributeModes ?? noProvider.attributeModes,
  signOutAtProvider: given.SignOutAtProvider ?? noProvider.signOutAtProvider,
  previousIssuers: given.PreviousIssuers ?? noProvider.previousIssuers,
  assertionEncryption: given.AssertionEncryption ?? noProvider.assertionEncryption,
})

export function writeFederation(federation: FederationExtension): FederationExtensionType {
  const { linking, firstLinkedSignIn, providers } = federation
  const all = Object.keys(providers).map((name) => [name, writeProvider(providerExtensionOf(federation, name))])
  return { LinkingPolicy: linking, FirstLinkedSignIn: firstLinkedSignIn, Providers: Object.fromEntries(all) }
}

const writeProvider = (provider: ProviderExtension): ProviderExtensionType => ({
  EmailVerified: provider.emailVerified,
  AttributeModes: provider.attributeModes,
  SignOutAtProvider: provider.signOutAtProvider,
  PreviousIssuers: [...provider.previousIssuers],
  AssertionEncryption: provider.assertionEncryption,
})

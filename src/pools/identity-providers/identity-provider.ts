import type { PoolResource } from '../pool-resource.ts'

export type SocialProviderType = 'Facebook' | 'Google' | 'LoginWithAmazon' | 'SignInWithApple'
export type ProviderType = SocialProviderType | 'OIDC' | 'SAML'

/** The details of a provider, such as its client id and endpoints, under their names in ProviderDetails of the API. */
export type ProviderDetails = Readonly<Record<string, string>>

/** An outside service that vouches for users of the pool. Its id is its name. */
export type IdentityProvider = PoolResource<{
  readonly type: ProviderType
  /** The details as they were sent. `completeDetails` adds those that Cognito, too, adds to its responses. */
  readonly details: ProviderDetails
  /** What the provider itself says, such as its endpoints. Responses show it. Providers of earlier releases lack it. */
  readonly discovered?: ProviderDetails
  /** Name of an attribute of the pool → name of the claim or SAML attribute for its value. */
  readonly attributeMapping: Readonly<Record<string, string>>
  /** Other names of the provider for sign-ins, such as the e-mail domains of its users. */
  readonly identifiers: readonly string[]
  /** `Level1` to `Level4` → the provider's name for that level of assurance. */
  readonly acrMapping: Readonly<Record<string, string>> | undefined
}>

/**
 * Asks a provider for the details that its settings leave out, as Cognito does when a provider is set up.
 *
 * @throws ApiError InvalidParameterException when what the provider says cannot be used.
 */
export type DiscoverDetails = (provider: IdentityProvider) => Promise<ProviderDetails>

/** A provider as ListIdentityProviders shows it. */
export type ProviderSummary = Pick<IdentityProvider, 'id' | 'createdAt' | 'updatedAt'> & { readonly type: ProviderType }

/** A provider as the sign-in page offers it. */
export type OfferedProvider = Pick<IdentityProvider['config'], 'type' | 'identifiers'> & { readonly name: string }

/** The types of which a pool can have one provider each. The name of such a provider is the name of its type. */
export const socialTypes: readonly ProviderType[] = ['Facebook', 'Google', 'LoginWithAmazon', 'SignInWithApple']

/** For each type of provider, the claim that identifies the user. The value of this claim becomes part of the username. */
export const subjectClaims: Readonly<Record<Exclude<ProviderType, 'SAML'>, string>> = {
  Facebook: 'id',
  Google: 'sub',
  LoginWithAmazon: 'user_id',
  SignInWithApple: 'sub',
  OIDC: 'sub',
}

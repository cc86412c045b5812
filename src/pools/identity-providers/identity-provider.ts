import type { PoolResource } from '../pool-resource.ts'

export type SocialProviderType = 'Facebook' | 'Google' | 'LoginWithAmazon' | 'SignInWithApple'
export type ProviderType = SocialProviderType | 'OIDC' | 'SAML'

/** Key to value, under the names that the API and the service's documentation use. */
export type ProviderDetails = Readonly<Record<string, string>>

/** Somebody else who vouches for users of the pool. Its id is its name. */
export type IdentityProvider = PoolResource<{
  readonly type: ProviderType
  /** As they were sent; what the service adds to them is for `completeDetails` to say. */
  readonly details: ProviderDetails
  /** Name of an attribute of the pool → name of the claim or SAML attribute its value comes from. */
  readonly attributeMapping: Readonly<Record<string, string>>
  /** Other names that a sign-in may call the provider by, such as the e-mail domains of its users. */
  readonly identifiers: readonly string[]
  /** `Level1` to `Level4` → what the provider calls that level of assurance. */
  readonly acrMapping: Readonly<Record<string, string>> | undefined
}>

/** What lists show. */
export type ProviderSummary = Pick<IdentityProvider, 'id' | 'createdAt' | 'updatedAt'> & { readonly type: ProviderType }

/** There can be one of each of these in a pool, and its name is that of its type. */
export const socialTypes: readonly ProviderType[] = ['Facebook', 'Google', 'LoginWithAmazon', 'SignInWithApple']

/** The claim that says who the user is: it becomes part of the username, and nothing else can. */
export const subjectClaims: Readonly<Record<Exclude<ProviderType, 'SAML'>, string>> = {
  Facebook: 'id',
  Google: 'sub',
  LoginWithAmazon: 'user_id',
  SignInWithApple: 'sub',
  OIDC: 'sub',
}

import type { IdentityProvider } from '../pools/identity-providers/identity-provider.ts'
import type { Pool } from '../pools/pool.ts'
import type { JsonObject, Texts } from '../triggers/trigger.ts'
import type { ProviderSession } from './provider-session.ts'

/** A user, as an identity provider vouches for them. Everything in it is verified. */
export type FederatedIdentity = {
  readonly provider: IdentityProvider
  /** The provider's id of the user, which never changes: `sub`, or the NameID of SAML. */
  readonly subject: string
  /** The provider's issuer or entity id. Undefined for providers without one. */
  readonly issuer: string | undefined
  /** Claims or SAML attributes by the provider's names, as text. */
  readonly claims: Texts
  /** The same as InboundFederation shows it. */
  readonly received: JsonObject
  /** When the user signed in at the provider, in epoch milliseconds. Undefined where the provider does not say. */
  readonly authenticatedAt: number | undefined
  /** What ends the user's session at the provider. */
  readonly session: ProviderSession
}

/** The username of the user whom the identity creates. */
export const federatedUsernameOf = ({ provider, subject }: Pick<FederatedIdentity, 'provider' | 'subject'>): string =>
  `${provider.id}_${subject}`

/** The name of the group of all users who came from the provider. */
export const providerGroupName = (pool: Pick<Pool, 'id'>, providerName: string): string => `${pool.id}_${providerName}`

/** The value of a claim. A name that every object has, such as `constructor`, is no claim. */
export const claimIn = (claims: Texts, name: string): string | undefined => (Object.hasOwn(claims, name) ? claims[name] : undefined)

/** The deepest lists and objects in claims. Each level of lists is encoded once more. */
const deepest = 8

/** Whether lists and objects are nested too deep in what a provider sent. */
export const isTooDeep = (value: unknown, levels = deepest): boolean =>
  typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((one) => isTooDeep(one, levels - 1)))

/** A claim as text, as Cognito writes it: several values as `[a,b]`, each form-encoded, and objects as JSON. */
export function textOfClaim(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((one) => formEncoded(textOfClaim(one))).join(',')}]`
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** `application/x-www-form-urlencoded` keeps letters, digits and `. - * _`. */
const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)

/** All claims as text. Claims that are null are left out. */
export function textsOfClaims(claims: JsonObject): Texts {
  const present = Object.entries(claims).filter(([, value]) => value !== undefined && value !== null)
  return Object.fromEntries(present.map(([name, value]) => [name, textOfClaim(value)]))
}

import { type Manner, mannerOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import type { AssuranceLevel } from './assurance.ts'

/** The scope of every access token that comes from the API rather than from an OAuth endpoint. It allows a user to call the API. */
export const selfServiceScope = 'aws.cognito.signin.user.admin'

/** What a user granted to an app client on the hosted pages. A sign-in through the API has no such grant. */
export type GrantedScopes = {
  /** In the order in which tokens list them. */
  readonly scopes: readonly string[]
  /** The API that the access tokens are for (RFC 8707): their claim `aud`. */
  readonly resource: string | undefined
  /** The attributes that the app asks for by name. Undefined for most apps. */
  readonly claims?: RequestedClaims | undefined
  /** The level of assurance that the app asked for and the user reached. Undefined where tokens name the highest level that was reached. */
  readonly level?: AssuranceLevel | undefined
}

/** Names of attributes that an app asks for beside those of the scopes (OpenID Connect Core §5.5). */
export type RequestedClaims = { readonly userInfo: readonly string[]; readonly idToken: readonly string[] }

/** The scopes of the tokens of a session. Undefined is a session of the API. */
export function scopesOf(granted: GrantedScopes | undefined): readonly string[] {
  return granted?.scopes ?? [selfServiceScope]
}

/** Without the scope `openid`, the hosted pages give no ID token (OpenID Connect Core §3.1.2.1). */
export function includesIdToken(granted: GrantedScopes | undefined): boolean {
  return granted === undefined || granted.scopes.includes('openid')
}

const emailAttributes: readonly string[] = ['email', 'email_verified']
const phoneAttributes: readonly string[] = ['phone_number', 'phone_number_verified']

/** The attributes that the scope stands for, as far as the scope stands for some attributes only. */
export const attributesOfScope: Readonly<Record<string, readonly string[]>> = { email: emailAttributes, phone: phoneAttributes }

/** Whether an attribute is shown. */
type Shows = (name: string) => boolean

/** As at Cognito: `profile` shows all attributes, and so does `openid` without `email` and `phone`. These two show their own attributes. */
function showsAsCognito({ scopes }: GrantedScopes): Shows {
  if (scopes.includes('profile')) return () => true
  const named = Object.keys(attributesOfScope).filter((scope) => scopes.includes(scope))
  if (named.length === 0) return () => true
  const shown = new Set(['sub', ...named.flatMap((scope) => attributesOfScope[scope] ?? [])])
  return (name) => shown.has(name)
}

/**
 * As OpenID Connect Core §5.4 and §5.5 say: the attributes of the scopes, and those that the app asks for by name. Attributes that the
 * standard does not know, such as custom ones, belong to `profile`.
 */
function showsAsStandard({ scopes, claims }: GrantedScopes, place: keyof RequestedClaims): Shows {
  return (name) => name === 'sub' || scopes.includes(scopeOfAttribute(name)) || claims?.[place].includes(name) === true
}

function scopeOfAttribute(name: string): string {
  if (name === 'address') return 'address'
  return Object.keys(attributesOfScope).find((scope) => attributesOfScope[scope]?.includes(name)) ?? 'profile'
}

const showsByManner: Readonly<Record<Manner, (granted: GrantedScopes, place: keyof RequestedClaims) => Shows>> = {
  COGNITO: showsAsCognito,
  STRICT: showsAsStandard,
}

/**
 * Which attributes are shown at a place, of those that the client may read. That depends on the scopes and on the manner of the pool. A
 * session of the API shows all.
 */
export function shownAttributes(pool: Pool, granted: GrantedScopes | undefined, place: keyof RequestedClaims): Shows {
  return granted === undefined ? () => true : showsByManner[mannerOf(pool)](granted, place)
}

/** The scope of every access token that comes from the API rather than from an OAuth endpoint. It allows a user to call the API. */
export const selfServiceScope = 'aws.cognito.signin.user.admin'

/** What a user granted to an app client on the hosted pages. A sign-in through the API has no such grant. */
export type GrantedScopes = {
  /** In the order in which tokens list them. */
  readonly scopes: readonly string[]
  /** The API that the access tokens are for (RFC 8707): their claim `aud`. */
  readonly resource: string | undefined
}

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

/**
 * Which attributes the scopes show, of those that the client may read. `email` and `phone` show their own attributes only. `profile` shows
 * all attributes, and so does `openid` without any of the three. A session of the API shows all.
 */
export function shownAttributes(granted: GrantedScopes | undefined): (name: string) => boolean {
  if (granted === undefined || granted.scopes.includes('profile')) return () => true
  const named = Object.keys(attributesOfScope).filter((scope) => granted.scopes.includes(scope))
  if (named.length === 0) return () => true
  const shown = new Set(['sub', ...named.flatMap((scope) => attributesOfScope[scope] ?? [])])
  return (name) => shown.has(name)
}

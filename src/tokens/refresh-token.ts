import type { Secrets } from '../base/secrets.ts'
import type { AssuranceLevel, AuthMethod } from './assurance.ts'
import type { GrantedScopes } from './granted-scopes.ts'

/** The content of a refresh token. It is sealed: only this installation can read or make one. */
export type RefreshToken = {
  readonly poolId: string
  readonly clientId: string
  readonly sub: string
  readonly sessionId: string
  readonly originJti: string
  /** When the user was authenticated, in epoch seconds. */
  readonly authTime: number
  /** Epoch milliseconds; rotation does not move it. */
  readonly expiresAt: number
  readonly generation: number
  /** How the user was authenticated; undefined where tokens do not say it. All tokens issued from this refresh token say the same. */
  readonly methods?: readonly AuthMethod[] | undefined
  /** What the user granted on the hosted pages; undefined for a session of the API. It stays the same as long as the session lasts. */
  readonly granted?: GrantedScopes | undefined
  /** The thumbprint of the key without which the token is of no use (RFC 9449 §5). Undefined for most tokens. */
  readonly boundTo?: string | undefined
  /** The session of the hosted pages that the token comes from, as ID tokens name it. Undefined in manner cognito and for the API. */
  readonly sid?: string | undefined
}

/**
 * Secret scanners can recognise a token by this prefix. It also keeps a token from starting with a dash, which a command line takes for an
 * option.
 */
const prefix = 'lgr_'

/**
 * Version 1 of the format of a refresh token, the only one so far: an array without a version number. Refresh tokens live for up to ten
 * years, so this format has to be read for ever. The array can grow at its end, because an older server ignores further elements.
 *
 * Do not write another format in the first release that can read it. During a rolling upgrade the servers of the previous release would
 * refuse such tokens, and clients would sign their users out. See docs/decisions/0011-sealed-values-carry-a-version.md.
 */
type FixedMembers = readonly [string, string, string, string, string, number, number, number]
type ArrayForm = FixedMembers | readonly [...FixedMembers, readonly AuthMethod[]]

/** What the app asked for: names of attributes and a level of assurance. A server that does not know these elements shows fewer attributes. */
type AskedElements = readonly [userInfo?: readonly string[], idToken?: readonly string[], level?: AssuranceLevel | null]

/**
 * The format of a token with granted scopes: the same array with more elements. It is sealed under a context of its own, so a server of a
 * release without hosted pages cannot open it. Such a server would ignore the scopes, and issue access tokens with more rights than the
 * user granted. See docs/decisions/0015-refresh-tokens-with-scopes.md.
 */
type GrantedForm = readonly [
  ...FixedMembers,
  readonly AuthMethod[] | null,
  scopes: readonly string[],
  resource: string | null,
  boundTo?: string | null,
  sid?: string | null,
  ...asked: AskedElements,
]
const grantedContext = 'granted'

/** A token that is bound to a key has a context of its own, because a server that does not know it would ignore the key. */
const boundContext = 'bound'

export function writeRefreshToken(secrets: Secrets, token: RefreshToken): string {
  const fixed: FixedMembers = [
    token.poolId,
    token.clientId,
    token.sub,
    token.sessionId,
    token.originJti,
    token.authTime,
    token.expiresAt,
    token.generation,
  ]
  if (token.granted !== undefined) {
    const form = grantedForm([...fixed, token.methods ?? null], token, token.granted)
    return prefix + secrets.seal('refresh-token', JSON.stringify(form), token.boundTo === undefined ? grantedContext : boundContext)
  }
  const content: ArrayForm = token.methods === undefined ? fixed : [...fixed, token.methods]
  return prefix + secrets.seal('refresh-token', JSON.stringify(content))
}

/** The last elements are left out where the app asked for nothing, and the session of the pages where there is none. */
function grantedForm(
  fixed: readonly [...FixedMembers, readonly AuthMethod[] | null],
  { boundTo, sid }: Pick<RefreshToken, 'boundTo' | 'sid'>,
  { scopes, resource, claims, level }: GrantedScopes,
): GrantedForm {
  const form = [...fixed, scopes, resource ?? null, boundTo ?? null] as const
  if (claims !== undefined || level !== undefined)
    return [...form, sid ?? null, claims?.userInfo ?? [], claims?.idToken ?? [], level ?? null]
  return sid === undefined ? form : [...form, sid]
}

/** Undefined when this installation did not make the token, or a later release made it in a format that this release does not know. */
export function readRefreshToken(secrets: Secrets, text: string): RefreshToken | undefined {
  if (!text.startsWith(prefix)) return undefined
  const sealed = text.slice(prefix.length)
  const opened = secrets.open('refresh-token', sealed, '', poolOf)
  if (opened === undefined) {
    const granted = secrets.open('refresh-token', sealed, grantedContext, poolOf)
    return readGrantedForm(granted ?? secrets.open('refresh-token', sealed, boundContext, poolOf))
  }
  const content: unknown = JSON.parse(opened.toString())
  if (!Array.isArray(content)) return undefined
  const [poolId, clientId, sub, sessionId, originJti, authTime, expiresAt, generation, methods] = content as unknown as ArrayForm
  return { poolId, clientId, sub, sessionId, originJti, authTime, expiresAt, generation, methods }
}

/** Every format has the pool at its beginning. */
const poolOf = (plain: Buffer): unknown => (JSON.parse(plain.toString()) as ArrayForm)[0]

function readGrantedForm(opened: Buffer | undefined): RefreshToken | undefined {
  if (opened === undefined) return undefined
  const content: unknown = JSON.parse(opened.toString())
  if (!Array.isArray(content)) return undefined
  const form = content as unknown as GrantedForm
  const [poolId, clientId, sub, sessionId, originJti, authTime, expiresAt, generation, methods, scopes, resource, boundTo, sid, ...asked] =
    form
  const fixed = { poolId, clientId, sub, sessionId, originJti, authTime, expiresAt, generation }
  const granted: GrantedScopes = { scopes, resource: resource ?? undefined, ...readAsked(asked) }
  return { ...fixed, methods: methods ?? undefined, granted, boundTo: boundTo ?? undefined, sid: sid ?? undefined }
}

function readAsked([userInfo = [], idToken = [], level]: AskedElements): Pick<GrantedScopes, 'claims' | 'level'> {
  const hasClaims = userInfo.length > 0 || idToken.length > 0
  return { ...(hasClaims && { claims: { userInfo, idToken } }), ...(level != null && { level }) }
}

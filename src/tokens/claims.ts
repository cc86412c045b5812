import { createHash } from 'node:crypto'
import { type AppClient, accessTokenSeconds, idTokenSeconds } from '../pools/app-client.ts'
import { readableAttributes } from '../pools/attribute-rules.ts'
import type { Pool } from '../pools/pool.ts'
import type { GroupConfiguration, TokenChanges } from '../triggers/pre-token-generation.ts'
import type { User } from '../users/user.ts'
import { type AuthMethod, acrOf, levelOf } from './assurance.ts'
import { changeAccessClaims, changeIdClaims } from './changed-claims.ts'
import { withRuledClaims } from './claim-rules.ts'
import { type Claims, claimValue } from './claim-value.ts'
import { type GrantedScopes, scopesOf, shownAttributes } from './granted-scopes.ts'

/** The user that tokens are about, and the app client they are for. */
export type TokenSubject = { readonly pool: Pool; readonly client: AppClient; readonly user: User }

/** What an access token and an ID token that are issued together have in common. Times in epoch seconds. */
export type Grant = TokenSubject & {
  readonly groups: GroupConfiguration
  /** The confirmed device that the session was begun on. */
  readonly deviceKey: string | undefined
  readonly issuer: string
  readonly sessionId: string
  readonly originJti: string
  readonly authTime: number
  /** Undefined where tokens carry neither `amr` nor `acr`. */
  readonly methods: readonly AuthMethod[] | undefined
  readonly issuedAt: number
  /** What the user granted on the hosted pages; undefined for a session of the API. */
  readonly granted: GrantedScopes | undefined
  /** The value that the client sent for the ID token of this sign-in (OpenID Connect Core §3.1.2.1). */
  readonly nonce: string | undefined
  /** The thumbprint of the key that the access token is bound to (RFC 9449 §6.1). */
  readonly boundTo: string | undefined
  /** The session of the hosted pages, for logout (OpenID Connect Front-Channel Logout 1.0 §3). Undefined where ID tokens do not name it. */
  readonly sid: string | undefined
  /** What the PreTokenGeneration trigger changes. */
  readonly changes: TokenChanges | undefined
}

/** The claims of an access token, with those of the pool's rules, and then with the changes of the PreTokenGeneration trigger. */
export function accessClaims(grant: Grant, jti: string): Claims {
  const claims = withRuledClaims(defaultAccessClaims(grant, jti), 'ACCESS', factsOf(grant))
  return grant.changes === undefined ? claims : changeAccessClaims(claims, grant.changes, grant.client)
}

/** The claims of an ID token. `accessToken` is the one that is issued with it on the hosted pages; undefined in the API. */
export function idClaims(grant: Grant, jti: string, accessToken: string | undefined): Claims {
  const ruled = withRuledClaims(defaultIdClaims(grant, jti), 'ID', factsOf(grant))
  const claims = { ...ruled, ...(accessToken !== undefined && { at_hash: accessTokenHash(accessToken) }) }
  const changed = grant.changes === undefined ? claims : changeIdClaims(claims, grant.changes)
  return grant.sid === undefined ? changed : { ...changed, sid: grant.sid }
}

const factsOf = ({ pool, client, user, groups }: Grant) => ({ pool, client, user, groupNames: groups.names })

function defaultAccessClaims(grant: Grant, jti: string): Claims {
  return {
    sub: grant.user.sub,
    ...(grant.deviceKey !== undefined && { device_key: grant.deviceKey }),
    ...groupClaims(grant),
    iss: grant.issuer,
    client_id: grant.client.id,
    ...(grant.granted?.resource !== undefined && { aud: grant.granted.resource }),
    ...(grant.client.tokenRevocation && { origin_jti: grant.originJti }),
    event_id: grant.sessionId,
    token_use: 'access',
    scope: scopesOf(grant.granted).join(' '),
    ...userInfoClaims(grant),
    auth_time: grant.authTime,
    ...assuranceClaims(grant),
    exp: grant.issuedAt + accessTokenSeconds(grant.client),
    iat: grant.issuedAt,
    ...(grant.granted !== undefined && { version: 2 }),
    jti,
    username: grant.user.username,
    ...boundClaims(grant.boundTo),
  }
}

function defaultIdClaims(grant: Grant, jti: string): Claims {
  return {
    ...attributeClaims(grant),
    sub: grant.user.sub,
    ...groupClaims(grant),
    ...roleClaims(grant),
    iss: grant.issuer,
    'cognito:username': grant.user.username,
    ...(grant.client.tokenRevocation && { origin_jti: grant.originJti }),
    aud: grant.client.id,
    event_id: grant.sessionId,
    ...(grant.nonce !== undefined && { nonce: grant.nonce }),
    token_use: 'id',
    auth_time: grant.authTime,
    ...assuranceClaims(grant),
    exp: grant.issuedAt + idTokenSeconds(grant.client),
    iat: grant.issuedAt,
    ...(grant.client.tokenRevocation && { jti }),
  }
}

/** The claim that binds an access token to a key (RFC 7800 §3.1). */
export function boundClaims(boundTo: string | undefined): Claims {
  return boundTo === undefined ? {} : { cnf: { jkt: boundTo } }
}

/** The claim of an access token with the names of the attributes that the app asked for at userInfo. */
export const userInfoClaimsName = 'userinfo_claims'

function userInfoClaims({ granted }: Grant): Claims {
  const names = granted?.claims?.userInfo ?? []
  return names.length === 0 ? {} : { [userInfoClaimsName]: names }
}

/** How the user was authenticated, and the level of assurance that follows (RFC 8176; OpenID Connect Core §2). */
function assuranceClaims({ pool, methods, granted }: Grant): Claims {
  return methods === undefined ? {} : { acr: acrOf(pool, granted?.level ?? levelOf(methods)), amr: methods }
}

/** The group names. The claim is absent for a user without groups. */
function groupClaims({ groups }: Grant): Claims {
  return groups.names.length === 0 ? {} : { 'cognito:groups': groups.names }
}

/** The groups' roles. The claims are absent for a user whose groups have no roles. */
function roleClaims({ groups: { roles, preferredRole } }: Grant): Claims {
  return {
    ...(preferredRole !== undefined && { 'cognito:preferred_role': preferredRole }),
    ...(roles.length > 0 && { 'cognito:roles': roles }),
  }
}

/** The attributes that the client may read and that the scopes show. */
function attributeClaims({ pool, client, user, granted }: Grant): Record<string, unknown> {
  const readable = readableAttributes(pool, client)
  const shown = shownAttributes(pool, granted, 'idToken')
  const claims: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(user.attributes)) {
    if (readable(name) && shown(name)) claims[name] = claimValue(name, value)
  }
  return claims
}

/** `at_hash`: the left half of the SHA-256 hash of the access token (OpenID Connect Core §3.1.3.6). */
function accessTokenHash(accessToken: string): string {
  return createHash('sha256').update(accessToken).digest().subarray(0, 16).toString('base64url')
}

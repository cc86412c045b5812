import { type AppClient, accessTokenSeconds, idTokenSeconds } from '../pools/app-client.ts'
import { readableAttributes } from '../pools/attribute-rules.ts'
import type { Pool } from '../pools/pool.ts'
import { byPrecedence, type Membership, preferredRoleOf, rolesOf } from '../users/groups/group.ts'
import { identitiesOf } from '../users/linked-identities/linked-identity.ts'
import type { Attributes, User } from '../users/user.ts'
import { type AuthMethod, acrOf, levelOf } from './assurance.ts'

/** The scope of every access token that comes from the API rather than from an OAuth endpoint. */
export const selfServiceScope = 'aws.cognito.signin.user.admin'

export type Claims = Readonly<Record<string, unknown>>

/** The facts that the tokens of one issue share. Times in epoch seconds. */
export type Grant = {
  readonly pool: Pool
  readonly client: AppClient
  readonly user: User
  readonly groups: readonly Membership[]
  /** The confirmed device that the session was begun on. */
  readonly deviceKey: string | undefined
  readonly issuer: string
  readonly sessionId: string
  readonly originJti: string
  readonly authTime: number
  /** Undefined where tokens do not tell. */
  readonly methods: readonly AuthMethod[] | undefined
  readonly issuedAt: number
}

export function accessClaims(grant: Grant, jti: string): Claims {
  return {
    sub: grant.user.sub,
    ...(grant.deviceKey !== undefined && { device_key: grant.deviceKey }),
    ...groupClaims(grant),
    iss: grant.issuer,
    client_id: grant.client.id,
    ...(grant.client.tokenRevocation && { origin_jti: grant.originJti }),
    event_id: grant.sessionId,
    token_use: 'access',
    scope: selfServiceScope,
    auth_time: grant.authTime,
    ...assuranceClaims(grant),
    exp: grant.issuedAt + accessTokenSeconds(grant.client),
    iat: grant.issuedAt,
    jti,
    username: grant.user.username,
  }
}

export function idClaims(grant: Grant, jti: string): Claims {
  return {
    ...attributeClaims(grant.pool, grant.client, grant.user.attributes),
    sub: grant.user.sub,
    ...groupClaims(grant),
    ...roleClaims(grant),
    iss: grant.issuer,
    'cognito:username': grant.user.username,
    ...(grant.client.tokenRevocation && { origin_jti: grant.originJti }),
    aud: grant.client.id,
    event_id: grant.sessionId,
    token_use: 'id',
    auth_time: grant.authTime,
    ...assuranceClaims(grant),
    exp: grant.issuedAt + idTokenSeconds(grant.client),
    iat: grant.issuedAt,
    ...(grant.client.tokenRevocation && { jti }),
  }
}

/** How the user was authenticated, and how far that is to be relied upon (RFC 8176; OpenID Connect Core §2). */
function assuranceClaims({ pool, methods }: Grant): Claims {
  return methods === undefined ? {} : { acr: acrOf(pool, levelOf(methods)), amr: methods }
}

/** Absent for a user without groups, as the others are for one whose groups have no roles. */
function groupClaims({ groups }: Grant): Claims {
  return groups.length === 0 ? {} : { 'cognito:groups': byPrecedence(groups).map(({ name }) => name) }
}

function roleClaims({ groups }: Grant): Claims {
  if (groups.length === 0) return {}
  const roles = rolesOf(groups)
  const preferred = preferredRoleOf(groups)
  return {
    ...(preferred !== undefined && { 'cognito:preferred_role': preferred }),
    ...(roles.length > 0 && { 'cognito:roles': roles }),
  }
}

/** The attributes the client may read, in the types of OpenID Connect Core §5.1; custom ones are always text. */
function attributeClaims(pool: Pool, client: AppClient, attributes: Attributes): Record<string, unknown> {
  const readable = readableAttributes(pool, client)
  const claims: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(attributes)) {
    if (readable(name)) claims[name] = claimValue(name, value)
  }
  return claims
}

/** As Cognito writes them: everything is text, and a provider that names no issuer has null for one. */
function identityClaims(value: string): unknown {
  return identitiesOf({ identities: value }).map(({ userId, providerName, providerType, primary, dateCreated }) => ({
    userId,
    providerName,
    providerType,
    issuer: null,
    primary: String(primary),
    dateCreated: String(dateCreated),
  }))
}

function claimValue(name: string, value: string): unknown {
  if (name === 'email_verified' || name === 'phone_number_verified') return value === 'true'
  if (name === 'address') return { formatted: value }
  if (name === 'updated_at') return Number(value)
  if (name === 'identities') return identityClaims(value)
  return value
}

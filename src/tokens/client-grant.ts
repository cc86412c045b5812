import { invalidParameter } from '../contract/api-error.ts'
import { type AppClient, accessTokenSeconds } from '../pools/app-client.ts'
import type { Pool } from '../pools/pool.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { userScopes } from '../pools/resource-servers/scopes.ts'
import type { TokenChanges } from '../triggers/pre-token-generation.ts'
import { changeAccessClaims } from './changed-claims.ts'
import { withRuledClaims } from './claim-rules.ts'
import type { Claims } from './claim-value.ts'
import { boundClaims } from './claims.ts'

/** An access token that a client gets for itself (RFC 6749 §4.4). Times in epoch seconds. */
export type ClientGrant = {
  readonly pool: Pool
  readonly client: AppClient
  readonly issuer: string
  readonly scopes: readonly string[]
  readonly issuedAt: number
  /** The thumbprint of the key that the token is bound to (RFC 9449 §6.1). */
  readonly boundTo?: string | undefined
  readonly changes: TokenChanges | undefined
}

/**
 * The scopes of a token that the client gets for itself: those that the client asks for, otherwise all that it may have. Scopes about users
 * are left out, and so are scopes that no resource server defines any longer.
 *
 * @throws ApiError InvalidParameterException when the client asks for a scope that it may not have, or when no scope is left.
 */
export async function requireClientScopes(
  pools: PoolCatalog,
  client: AppClient,
  requested: readonly string[] = [],
): Promise<readonly string[]> {
  const granted = await findClientScopes(pools, client)
  const refused = requested.find((scope) => !granted.includes(scope))
  if (refused !== undefined) throw invalidParameter(`Invalid scope requested: ${refused}`)
  if (granted.length === 0) throw invalidParameter(`Client ${client.id} has no scopes that it could be granted.`)
  return requested.length === 0 ? granted : [...new Set(requested)]
}

/** All scopes that a token which the client gets for itself may have. */
export async function findClientScopes(pools: PoolCatalog, client: AppClient): Promise<readonly string[]> {
  const existing = await pools.findScopesOf(client.id)
  return (client.oauthScopes ?? []).filter((scope) => existing.has(scope) && !userScopes.includes(scope))
}

/**
 * The claims of an access token that a client gets for itself. The token names no user, so it belongs to no session and cannot be revoked.
 */
export function clientAccessClaims({ pool, client, issuer, scopes, issuedAt, boundTo, changes }: ClientGrant, jti: string): Claims {
  const defaults = {
    sub: client.id,
    token_use: 'access',
    scope: scopes.join(' '),
    auth_time: issuedAt,
    iss: issuer,
    exp: issuedAt + accessTokenSeconds(client),
    iat: issuedAt,
    version: 2,
    jti,
    client_id: client.id,
    ...boundClaims(boundTo),
  }
  const claims = withRuledClaims(defaults, 'ACCESS', { pool, client, user: undefined, groupNames: [] })
  return changes === undefined ? claims : changeAccessClaims(claims, changes, client)
}

import { invalidParameter } from '../contract/api-error.ts'
import type { AppClient } from '../pools/app-client.ts'
import { findExistingScopes, userScopes } from '../pools/resource-servers/scopes.ts'
import type { Db } from '../storage/db.ts'

/**
 * The scopes of a token that the client gets for itself: those it asks for, else all it may have. A scope about a user is none of
 * them, and one that no resource server defines any more is left out. Throws InvalidParameterException when the client asks for
 * another one, or when nothing is left.
 */
export async function requireClientScopes(db: Db, client: AppClient, asked: readonly string[] = []): Promise<readonly string[]> {
  const existing = await findExistingScopes(db, client.poolId, client.oauthScopes ?? [])
  const granted = (client.oauthScopes ?? []).filter((scope) => existing.has(scope) && !userScopes.includes(scope))
  const refused = asked.find((scope) => !granted.includes(scope))
  if (refused !== undefined) throw invalidParameter(`Invalid scope requested: ${refused}`)
  if (granted.length === 0) throw invalidParameter(`Client ${client.id} has no scopes that it could be granted.`)
  return asked.length === 0 ? granted : [...new Set(asked)]
}

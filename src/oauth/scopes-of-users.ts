import type { AppClient } from '../pools/app-client.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { findExistingScopes } from '../pools/resource-servers/scopes.ts'
import type { Db } from '../storage/db.ts'
import { attributesOfScope } from '../tokens/granted-scopes.ts'
import { OAuthError } from './oauth-error.ts'

/** These scopes choose claims of the ID token, so they need the scope `openid` beside them. */
const claimScopes: readonly string[] = ['email', 'phone', 'profile']

/**
 * The scopes that a user grants (RFC 6749 §3.3): those that the client asks for, otherwise all that it may have. A custom scope that its
 * resource server no longer has is left out, although the client still lists it.
 *
 * @throws OAuthError invalid_scope when the client asks for a scope that it may not have, and when no scope is left.
 */
export async function requireUserScopes(
  pools: PoolCatalog,
  client: AppClient,
  requested: readonly string[] | undefined,
): Promise<readonly string[]> {
  const listed = client.oauthScopes ?? []
  const wanted = requested ?? listed
  if (wanted.some((scope) => !listed.includes(scope))) throw new OAuthError('invalid_scope')
  if (requested?.some((scope) => claimScopes.includes(scope)) && !requested.includes('openid')) throw new OAuthError('invalid_scope')
  const existing = await pools.findScopesOf(client.id)
  const scopes = wanted.filter((scope) => existing.has(scope))
  if (scopes.length === 0) throw new OAuthError('invalid_scope')
  return scopes
}

/** The most scopes that a request may name in manner strict. Each unknown scope is looked up. */
const mostScopes = 100

/**
 * The same in pools of manner strict. Scopes that the pool does not have are ignored (OpenID Connect Core §3.1.2.1). Scopes that it has but
 * that the client may not have are refused (RFC 6749 §4.1.2.1).
 *
 * @throws OAuthError invalid_scope as `requireUserScopes` does, and when the client asks for too many scopes.
 */
export async function requireKnownScopes(
  { db, pools }: { readonly db: Db; readonly pools: PoolCatalog },
  client: AppClient,
  requested: readonly string[] | undefined,
): Promise<readonly string[]> {
  if (requested !== undefined && requested.length > mostScopes) throw new OAuthError('invalid_scope')
  const unlisted = requested?.filter((scope) => !client.oauthScopes?.includes(scope)) ?? []
  const existing = unlisted.length === 0 ? new Set() : await findExistingScopes(db, client.poolId, unlisted)
  const known = requested?.filter((scope) => !unlisted.includes(scope) || existing.has(scope))
  return requireUserScopes(pools, client, known)
}

/** Whether the client may read all attributes that the scope stands for. */
export function isReadableScope({ readAttributes }: Pick<AppClient, 'readAttributes'>, scope: string): boolean {
  const attributes = Object.hasOwn(attributesOfScope, scope) ? attributesOfScope[scope] : undefined
  return readAttributes === undefined || attributes === undefined || attributes.every((name) => readAttributes.includes(name))
}

import type { AppClient } from '../pools/app-client.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
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

/** Whether the client may read all attributes that the scope stands for. */
export function isReadableScope({ readAttributes }: Pick<AppClient, 'readAttributes'>, scope: string): boolean {
  const attributes = Object.hasOwn(attributesOfScope, scope) ? attributesOfScope[scope] : undefined
  return readAttributes === undefined || attributes === undefined || attributes.every((name) => readAttributes.includes(name))
}

import type { AppClient } from '../../pools/app-client.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'

/**
 * Whether a registered callback URL with a wildcard label, such as `https://*.preview.example.com/callback`, covers the redirect URI. The
 * label stands for exactly one label of the host name; all else is compared byte for byte. This works only for clients that the pool marks as
 * non-production, because an attacker who controls one such host name gets the codes (RFC 9700 §4.1).
 */
export function isCoveredByWildcard(pool: Pool, client: AppClient, redirectUri: string): boolean {
  if (!extensionsOf(pool).oauth?.nonProductionClientIds?.includes(client.id)) return false
  return URL.canParse(redirectUri) && (client.callbackUrls ?? []).some((registered) => matches(registered, redirectUri))
}

const pattern = /^(https:\/\/)\*(\.[^/*?#@:]+\.[^/*?#@:]+(?::\d+)?(?:[/?][^*#]*)?)$/i

function matches(registered: string, redirectUri: string): boolean {
  const [, scheme, rest] = pattern.exec(registered) ?? []
  if (scheme === undefined || rest === undefined) return false
  if (!redirectUri.startsWith(scheme) || !redirectUri.endsWith(rest)) return false
  return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(redirectUri.slice(scheme.length, redirectUri.length - rest.length))
}

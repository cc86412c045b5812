import { clientExtensionsOf } from '../../pools/client-extensions/client-extensions.ts'
import { isOfCallbackOrigin } from '../../pools/client-extensions/logout-uris.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { issuerOf } from '../../tokens/issue-tokens.ts'
import type { EndedSession } from '../domain-session/end-domain-session.ts'

/** The most apps that one page loads. Of a user's sessions, few have so many. */
const mostFrames = 20

/**
 * The addresses that the browser loads to tell the apps that the sessions have ended (OpenID Connect Front-Channel Logout 1.0 §3). Addresses
 * whose origin the client has given up since are left out.
 */
export async function findFrontChannelAddresses(
  { pools, publicUrl }: { readonly pools: PoolCatalog; readonly publicUrl: string },
  pool: Pool,
  ended: readonly EndedSession[],
): Promise<readonly string[]> {
  const addresses = new Set<string>()
  for (const { sid, clientIds } of ended) {
    for (const clientId of clientIds) {
      if (addresses.size >= mostFrames) return [...addresses]
      const owner = await pools.findClient(clientId)
      if (owner === undefined || sid === undefined) continue
      const { uri, isSessionRequired } = clientExtensionsOf(owner.client).frontChannelLogout
      if (uri === undefined || !isOfCallbackOrigin(owner.client, uri)) continue
      const { href } = new URL(uri)
      const session = new URLSearchParams({ iss: issuerOf(publicUrl, pool.id), sid })
      addresses.add(isSessionRequired ? `${href}${href.includes('?') ? '&' : '?'}${session}` : href)
    }
  }
  return [...addresses]
}

import { clientExtensionsOf } from '../../pools/client-extensions/client-extensions.ts'
import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'

/**
 * Whether the client may use the device grant. It gives tokens as the code flow does, so the client needs that flow. A client that has to
 * push its authorization requests may use it: a device sends its request directly, too.
 */
export function mayUseDeviceGrant({ pool, client }: PoolAndClient): boolean {
  const isEnabled = mannerOf(pool) === 'STRICT' && clientExtensionsOf(client).deviceGrant.isEnabled
  return isEnabled && client.oauthEnabled && client.oauthFlows?.includes('code') === true
}

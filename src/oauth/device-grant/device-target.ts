import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { PageError } from '../page-error.ts'
import type { ReceivedParameters } from '../parameters.ts'
import { mayUseDeviceGrant } from './may-use-device-grant.ts'

/** The parameter with the sealed device that a user wants to decide about. */
export const deviceParameter = 'device_request'

/** The query of the page for a device, and of the pages on which the user signs in for it. */
export const deviceQuery = (clientId: string, sealedDevice: string): string =>
  new URLSearchParams({ client_id: clientId, [deviceParameter]: sealedDevice }).toString()

/**
 * Where a user goes after a sign-in that the device page asked for. Undefined for the requests of apps. Only the device page opens the sealed
 * device.
 *
 * @throws PageError invalid_request when a parameter is not allowed, unauthorized_client when the client may not use the device grant.
 */
export function findDeviceTarget(owner: PoolAndClient, received: ReceivedParameters): string | undefined {
  const sealed = received.parameters.get(deviceParameter)
  if (mannerOf(owner.pool) !== 'STRICT' || sealed === undefined) return undefined
  if (received.wrong.size > 0 || received.areTooMany) throw new PageError('invalid_request', owner.client.id)
  if (!mayUseDeviceGrant(owner)) throw new PageError('unauthorized_client', owner.client.id)
  return `/device?${deviceQuery(owner.client.id, sealed)}`
}

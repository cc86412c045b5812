import type { Secrets } from '../base/secrets.ts'
import type { Db } from '../storage/db.ts'
import type { SessionDevice } from '../tokens/session.ts'
import { deviceGroupKeyOf, newDeviceKey, unknownDevice } from '../users/devices/device.ts'
import { findDevice } from '../users/devices/device-repository.ts'
import type { SignIn } from './sign-in.ts'

/**
 * What a sign-in that has come through is begun on: nothing, where the pool does not track devices; a device that the user has; or one
 * to be confirmed, for which the client gets a key. Throws ResourceNotFoundException for a key that the user does not have.
 */
export async function findDeviceOfSignIn(
  { db, secrets }: { readonly db: Db; readonly secrets: Secrets },
  { pool, user, deviceKey }: SignIn,
): Promise<SessionDevice | undefined> {
  if (pool.devices === undefined) return undefined
  if (deviceKey === undefined) {
    return { key: newDeviceKey(pool.id), groupKey: deviceGroupKeyOf(secrets, user), isConfirmed: false }
  }
  const device = await findDevice(db, { poolId: pool.id, sub: user.sub, key: deviceKey })
  if (device === undefined) throw deviceNotFound()
  return { key: device.key, groupKey: deviceGroupKeyOf(secrets, user), isConfirmed: true }
}

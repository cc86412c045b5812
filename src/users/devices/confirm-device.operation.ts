import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { readVerifier } from '../../base/srp/exchange.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { DeviceSecretVerifierConfigType } from '../../contract/generated/types.ts'
import { operation, type RequestContext } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { TokenCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import type { User } from '../user.ts'
import { type Device, isDeviceSalt, requireDeviceTracking, sealDeviceVerifier } from './device.ts'
import { findDevice, insertDevice } from './device-repository.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets }

/**
 * Stores the device under the device key that the server issued at the sign-in. The device is remembered at once, unless the pool lets its
 * users decide that (`onlyRememberedOnUserPrompt`).
 */
export const confirmDevice = operation('ConfirmDevice', {
  auth: 'access-token',

  async handle(request, { db, clock, secrets }: Deps, { pool, user, sessionId, deviceKey }: TokenCaller, context: RequestContext) {
    const tracking = requireDeviceTracking(pool)
    // A device key works only for the session that it was issued to. So a caller can neither choose a key nor use that of another session.
    if (deviceKey !== request.DeviceKey) throw invalidKey()
    const verifier = readSealedVerifier(secrets, user, deviceKey, request.DeviceSecretVerifierConfig)
    const asksUser = tracking.onlyRememberedOnUserPrompt
    const now = clock.now()

    const device: Device = {
      poolId: pool.id,
      sub: user.sub,
      key: deviceKey,
      name: request.DeviceName ?? null,
      verifier,
      remembered: !asksUser,
      lastIp: context.ip ?? null,
      createdAt: now,
      updatedAt: now,
      lastAuthenticatedAt: now,
    }

    await db.transaction().execute(async (tx) => {
      await lockCaller(tx, { user, sessionId })
      if (await insertDevice(tx, device, sessionId)) return
      if ((await findDevice(tx, device)) === undefined) throw invalidKey()
      throw new ApiError('DeviceKeyExistsException', 'The device has been confirmed already.')
    })
    return { UserConfirmationNecessary: asksUser }
  },
})

const invalidKey = () => new ApiError('InvalidParameterException', 'Invalid device key given.')

/**
 * Salt and verifier come as integers in two's complement, in base64. Null when the device sent neither: such a device can be tracked, but
 * it can prove nothing.
 */
function readSealedVerifier(secrets: Secrets, user: User, key: string, config: DeviceSecretVerifierConfigType | undefined): string | null {
  if (config?.PasswordVerifier === undefined && config?.Salt === undefined) return null
  const verifier = readVerifier(fromBase64(config.PasswordVerifier))
  const salt = fromBase64(config.Salt)
  if (verifier === undefined || !isDeviceSalt(salt)) {
    throw new ApiError('InvalidParameterException', 'Invalid device secret verifier or salt given.')
  }
  return sealDeviceVerifier(secrets, user, key, { salt, verifier })
}

/** Empty when the text is not base64. Without the check, Buffer would skip characters that are not base64. */
function fromBase64(text = ''): Buffer {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0)
}

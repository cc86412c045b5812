import { randomUUID } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { type Pool, regionOf } from '../../pools/pool.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { PasswordVerifier } from '../passwords/passwords.ts'
import type { User } from '../user.ts'

/** A device that a user has confirmed: a browser or app that holds a key and, in most cases, a password of its own. */
export type Device = {
  readonly poolId: string
  readonly sub: string
  readonly key: string
  readonly name: string | null
  /** Sealed salt and SRP verifier; null for a device that cannot prove itself. */
  readonly verifier: string | null
  /** Whether the device replaces the second factor. */
  readonly remembered: boolean
  readonly lastIp: string | null
  readonly createdAt: number
  readonly updatedAt: number
  readonly lastAuthenticatedAt: number
}

type UserKey = Pick<User, 'poolId' | 'sub'>

/** A new device key: `<region>_<uuid>`. */
export function newDeviceKey(poolId: string): string {
  return `${regionOf(poolId)}_${randomUUID()}`
}

/**
 * The device group key of a user, which never changes. A device's password is bound to both the device group key and the device key.
 */
export function deviceGroupKeyOf(secrets: Secrets, { poolId, sub }: UserKey): string {
  return `-${secrets.mac('device', 'group', poolId, sub).toString('base64url').slice(0, 8)}`
}

const maxSaltBytes = 64
const verifierBytes = 384

export function sealDeviceVerifier(secrets: Secrets, user: UserKey, key: string, { salt, verifier }: PasswordVerifier): string {
  return secrets.seal('device', Buffer.concat([verifier, salt]), contextOf(user, key))
}

export function openDeviceVerifier(secrets: Secrets, device: Device): PasswordVerifier | undefined {
  if (device.verifier === null) return undefined
  const bytes = secrets.open('device', device.verifier, contextOf(device, device.key))
  if (bytes === undefined) throw new Error(`The stored verifier of device ${device.key} cannot be opened.`)
  return { verifier: bytes.subarray(0, verifierBytes), salt: bytes.subarray(verifierBytes) }
}

const contextOf = ({ poolId, sub }: UserKey, key: string): string => `${poolId}/${sub}/${key}`

/** Whether a client's salt has a length that we store. Cognito's clients send 16 bytes, some with a leading zero byte for the sign. */
export const isDeviceSalt = (salt: Buffer): boolean => salt.length > 0 && salt.length <= maxSaltBytes

/** @throws ApiError InvalidUserPoolConfigurationException when the pool does not track devices. */
export function requireDeviceTracking(pool: Pool): NonNullable<Pool['devices']> {
  if (pool.devices === undefined) {
    throw new ApiError('InvalidUserPoolConfigurationException', 'Device tracking is not enabled for the user pool.')
  }
  return pool.devices
}

export const deviceNotFound = () => new ApiError('ResourceNotFoundException', 'Device does not exist.')

export const sealedDevices = sealedTable('device', {
  key: ['pool_id', 'sub', 'device_key'],
  columns: {
    verifier: (secrets, sealed, { pool_id: poolId, sub, device_key: key }) =>
      secrets.reseal('device', sealed, contextOf({ poolId, sub }, key)),
  },
})

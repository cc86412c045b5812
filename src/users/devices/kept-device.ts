import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { newSalt, srpX } from '../../base/srp/exchange.ts'
import type { SrpPowers } from '../../base/srp/powers.ts'
import type { RequestContext } from '../../contract/operation.ts'
import { deviceTypeOf } from '../../protection/device-type.ts'
import type { Db } from '../../storage/db.ts'
import { deriveVerifier } from '../passwords/passwords.ts'
import type { User } from '../user.ts'
import { type Device, deviceGroupKeyOf, newDeviceKey, openDeviceVerifier, sealDeviceVerifier } from './device.ts'
import { findDevice, insertDeviceOfUser } from './device-repository.ts'

/** A device of a user whose password the browser keeps in a sealed cookie. An app keeps the password itself, and proves it by SRP. */
export type KeptDevice = { readonly sub: string; readonly key: string; readonly password: string }

type Deps = { readonly db: Db; readonly secrets: Secrets; readonly powers: Pick<SrpPowers, 'verifier'> }

const passwordBytes = 32

/** The user's device, if the user has not forgotten it and its password is right. */
export async function findProvenDevice(
  { db, secrets, powers }: Deps,
  { poolId, sub }: User,
  { key, password }: KeptDevice,
): Promise<Device | undefined> {
  const device = await findDevice(db, { poolId, sub, key })
  const stored = device && openDeviceVerifier(secrets, device)
  if (stored === undefined) return undefined
  const group = deviceGroupKeyOf(secrets, { poolId, sub })
  const verifier = await deriveVerifier(powers, srpX(group, key, password, stored.salt))
  return timingSafeEqual(verifier, stored.verifier) ? device : undefined
}

/**
 * Confirms a new device for a browser on which the user has just signed in, and remembers it. Undefined when the user was disabled, deleted
 * or signed out everywhere meanwhile.
 */
export async function addKeptDevice(
  deps: Deps & { readonly clock: Clock },
  user: User,
  { ip, userAgent }: RequestContext,
): Promise<KeptDevice | undefined> {
  const { poolId, sub } = user
  const key = newDeviceKey(poolId)
  const password = randomBytes(passwordBytes).toString('base64url')
  const salt = newSalt()
  const verifier = await deriveVerifier(deps.powers, srpX(deviceGroupKeyOf(deps.secrets, user), key, password, salt))
  const now = deps.clock.now()
  const device: Device = {
    poolId,
    sub,
    key,
    name: deviceTypeOf(userAgent),
    verifier: sealDeviceVerifier(deps.secrets, user, key, { salt, verifier }),
    remembered: true,
    lastIp: ip ?? null,
    createdAt: now,
    updatedAt: now,
    lastAuthenticatedAt: now,
  }
  return (await insertDeviceOfUser(deps.db, device, user)) ? { sub, key, password } : undefined
}

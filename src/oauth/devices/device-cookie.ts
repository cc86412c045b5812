import { dayMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { KeptDevice } from '../../users/devices/kept-device.ts'

/** The devices that a browser keeps, for several users of a pool. Their order is that of the last sign-ins, the latest first. */
const mostUsers = 5

/** The longest lifetime that browsers give a cookie (RFC 6265bis §5.5). Each sign-in starts it anew. */
const lifetimeSeconds = (400 * dayMs) / 1000

/** A device in its sealed form. Its keys are short, because browsers send the cookie with each request. */
type SealedDevice = { readonly s: string; readonly k: string; readonly p: string }
type Form = { readonly v: 1; readonly d: readonly SealedDevice[] }

/** A cookie with devices. An empty value removes it. */
export type DeviceCookie = { readonly value: string; readonly maxAgeSeconds: number }

export function writeDeviceCookie(secrets: Secrets, poolId: string, devices: readonly KeptDevice[]): DeviceCookie {
  if (devices.length === 0) return { value: '', maxAgeSeconds: 0 }
  const form: Form = { v: 1, d: devices.slice(0, mostUsers).map(({ sub, key, password }) => ({ s: sub, k: key, p: password })) }
  return { value: secrets.seal('browser-devices', JSON.stringify(form), poolId), maxAgeSeconds: lifetimeSeconds }
}

/** The devices in a cookie. None when this pool did not make the cookie. */
export function readDeviceCookie(secrets: Secrets, poolId: string, cookie: string | undefined): readonly KeptDevice[] {
  const opened = cookie === undefined ? undefined : secrets.open('browser-devices', cookie, poolId)
  if (opened === undefined) return []
  const { v, d } = JSON.parse(opened.toString()) as Omit<Form, 'v'> & { readonly v: unknown }
  return v === 1 ? d.map(({ s, k, p }) => ({ sub: s, key: k, password: p })) : []
}

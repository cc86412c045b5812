import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { dayMs } from '../base/durations.ts'
import type { AppClientCaller } from '../pools/app-client.ts'

/** What a user's device says about itself in EncodedData. What it does not say is left out. */
export type DeviceData = {
  readonly userAgent: string | undefined
  /** A hash of the pool and of the id that the device gave itself. */
  readonly deviceId: string | undefined
  /** The offset of the device's clock from UTC, such as `-07:00`. */
  readonly timezone: string | undefined
}

/** The request that EncodedData came with. */
export type EncodedDataOrigin = AppClientCaller & {
  /** The name that the request has for the user. Undefined when it has none: then EncodedData may have any. */
  readonly username: string | undefined
  readonly now: number
}

/** The versions of the scripts and libraries that make EncodedData. They sign in the same way. */
const versions: ReadonlySet<string> = new Set(['JS20171115', 'ANDROID20171114', 'IOS20171114'])

/** How far the clock of a device may be off, in milliseconds. */
const clockToleranceMs = dayMs

/**
 * Reads EncodedData: base64 of JSON with a payload, a signature and a version. The key of the signature is the id of the app client, which
 * is no secret. So the signature only shows that the data was made for this client and came over unchanged. Undefined when the data cannot
 * be read, has a wrong signature, was made for another user or pool, or is more than a day old: Cognito gives no error either.
 */
export function readEncodedData(encoded: string, { pool, client, username, now }: EncodedDataOrigin): DeviceData | undefined {
  const sealed = parseObject(Buffer.from(encoded, 'base64').toString())
  const [payload, signature, version] = ['payload', 'signature', 'version'].map((name) => textIn(sealed, name))
  if (payload === undefined || signature === undefined || version === undefined || !versions.has(version)) return undefined
  if (!isSigned({ client, message: `${version}${payload}`, signature })) return undefined
  const content = parseObject(payload)
  const isFresh = Math.abs(Number(textIn(content, 'timestamp')) - now) <= clockToleranceMs
  if (textIn(content, 'userPoolId') !== pool.id || !isFresh || !isAbout(textIn(content, 'username'), username)) return undefined
  const data = content?.['contextData']
  const deviceId = textIn(data, 'DeviceId')
  return {
    userAgent: textIn(data, 'UserAgent'),
    deviceId: deviceId && hashOf(`${pool.id} ${deviceId}`),
    timezone: readTimezone(textIn(data, 'ClientTimezone')),
  }
}

type Signed = { readonly client: AppClientCaller['client']; readonly message: string; readonly signature: string }

function isSigned({ client, message, signature }: Signed): boolean {
  const right = createHmac('sha256', client.id).update(message).digest()
  const given = Buffer.from(signature, 'base64')
  return given.length === right.length && timingSafeEqual(given, right)
}

/** Names differ in case where a user types them differently. A page does not know the name yet when the user has not typed it. */
function isAbout(named: string | undefined, username: string | undefined): boolean {
  const plain = (name: string) => name.trim().toLowerCase()
  return named === undefined || username === undefined || plain(named) === plain(username)
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** The member of `object` itself, not of its prototype, if it is a text that is not empty. */
function textIn(object: unknown, name: string): string | undefined {
  if (typeof object !== 'object' || object === null || !Object.hasOwn(object, name)) return undefined
  const value: unknown = Object.getOwnPropertyDescriptor(object, name)?.value
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Scripts leave out the plus sign. */
function readTimezone(text: string | undefined): string | undefined {
  const [, sign, hours = '', minutes] = /^([+-]?)(\d\d):([0-5]\d)$/.exec(text ?? '') ?? []
  return sign === undefined || Number(hours) > 14 ? undefined : `${sign || '+'}${hours}:${minutes}`
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22)

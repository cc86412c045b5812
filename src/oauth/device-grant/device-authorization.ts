import { createHash, randomBytes, randomInt } from 'node:crypto'
import { minuteMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { AuthMethod } from '../../tokens/assurance.ts'
import type { GrantedScopes } from '../../tokens/granted-scopes.ts'

/** What a device asks a user for (RFC 8628), and what the user decided. */
export type DeviceAuthorization = {
  readonly poolId: string
  /** A keyed hash of the user code. */
  readonly id: string
  readonly deviceCodeHash: string
  readonly clientId: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
  readonly details: DeviceRequestDetails
  /** How long the device has to wait between two polls. */
  readonly intervalSeconds: number
  /** When the device polled last. */
  readonly polledAt: number | null
  readonly decision: 'approved' | 'denied' | null
  /** Null until a user approves. */
  readonly approval: Approval | null
  /** The session that the device got; null until then. */
  readonly sessionId: string | null
}

export type DeviceRequestDetails = {
  readonly granted: GrantedScopes
  /** The thumbprint of the key that the client has to have (RFC 9449). Undefined when the request came without a proof. */
  readonly boundTo?: string | undefined
}

/** Who approved, and how the user was authenticated. */
export type Approval = {
  readonly sub: string
  /** Epoch seconds. */
  readonly authTime: number
  readonly methods: readonly AuthMethod[] | undefined
  /** The user's `signedOutAt` at the approval. A later sign-out everywhere makes the device code invalid. */
  readonly userSignedOutAt: number | null
}

/** How long the user has to type the code, to sign in and to decide. The device polls for as long. */
export const deviceAuthorizationMs = 15 * minuteMs

/** The wait between two polls, at first. Each poll that comes too early adds as much (RFC 8628 §3.5). */
export const pollIntervalSeconds = 5

export const newDeviceCode = (): string => randomBytes(32).toString('base64url')

/** A device code is random, so a hash without a key is enough to keep a reader of the database from using it. */
export const hashOfDeviceCode = (code: string): string => createHash('sha256').update(code).digest('base64url')

/** Letters that are no vowels, so that codes contain no words, and that are hard to confuse (RFC 8628 §6.1). */
const letters = 'BCDFGHJKLMNPQRSTVWXZ'
const codeLength = 8

/** A new user code, such as `WDJB-MJHT`. */
export function newUserCode(): string {
  const code = Array.from({ length: codeLength }, () => letters[randomInt(letters.length)]).join('')
  return withHyphen(code)
}

/** The longest text that is read as a user code. */
const longestTyped = 64

/** The user code that a user typed. Only its letters count. Undefined when it cannot be a user code. */
export function readUserCode(text: string): string | undefined {
  if (text.length > longestTyped) return undefined
  const code = text.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '')
  return code.length === codeLength && [...code].every((letter) => letters.includes(letter)) ? withHyphen(code) : undefined
}

const withHyphen = (code: string): string => `${code.slice(0, codeLength / 2)}-${code.slice(codeLength / 2)}`

/** A user code is short. Without the master key, it cannot be found by trying all values against a stolen table. */
export const idOfUserCode = (secrets: Secrets, poolId: string, userCode: string): string =>
  secrets.mac('user-code', poolId, userCode).toString('base64url')

/** The ids that the row of a user code may have, while the master key is being changed. */
export const possibleIdsOf = (secrets: Secrets, poolId: string, userCode: string): readonly string[] =>
  secrets.macs('user-code', poolId, userCode).map((mac) => mac.toString('base64url'))

/** What the browser keeps of a user code that was right. */
export type FoundDevice = { readonly id: string; readonly userCode: string }

/** The found device, sealed for an address. So the address names it, and says nothing about other devices. */
export const sealFoundDevice = (secrets: Secrets, poolId: string, found: FoundDevice): string =>
  secrets.seal('device-request', JSON.stringify({ v: 1, ...found }), poolId)

/** Undefined when this pool did not seal it. */
export function openFoundDevice(secrets: Secrets, poolId: string, sealed: string): FoundDevice | undefined {
  const opened = secrets.open('device-request', sealed, poolId)
  const { v, ...found } = opened === undefined ? { v: undefined } : (JSON.parse(opened.toString()) as FoundDevice & { readonly v: unknown })
  return v === 1 ? (found as FoundDevice) : undefined
}

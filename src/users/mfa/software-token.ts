import { Secret, TOTP } from 'otpauth'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { mfaMethodsOf } from '../../pools/mfa/mfa-methods.ts'
import type { Pool } from '../../pools/pool.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { User } from '../user.ts'

/** A user's authenticator app as it is stored. */
export type SoftwareToken = {
  /** The secret in use, sealed. Null until a first code has proven that the user's app has the secret. */
  readonly secret: string | null
  /** A secret that waits for the first code to prove it, sealed. Null when no secret waits. */
  readonly pendingSecret: string | null
  readonly deviceName: string | null
}

/** 256 bits: 52 characters of Base32, as long as Cognito's. */
const secretBytes = 32

/** The parameters that every authenticator app assumes (RFC 6238): SHA-1, six digits, a new code every 30 seconds. */
const scheme = { algorithm: 'SHA1', digits: 6, period: 30 } as const

/** How many time steps too early or too late a code may be, for clocks that are off and codes typed at the last moment (RFC 6238 §5.2). */
const window = 1

export type UserKey = Pick<User, 'poolId' | 'sub'>

/** A new secret in Base32, to be shown to the user. */
export function newSoftwareSecret(): string {
  return new Secret({ size: secretBytes }).base32
}

export function sealSoftwareSecret(secrets: Secrets, user: UserKey, secret: string): string {
  return secrets.seal('software-token', secret, contextOf(user))
}

export function openSoftwareSecret(secrets: Secrets, user: UserKey, sealed: string): string {
  const secret = secrets.open('software-token', sealed, contextOf(user))
  if (secret === undefined) throw new Error(`The stored software token of user ${user.sub} cannot be opened.`)
  return secret.toString()
}

/** The number of the time step whose code is `code`, counted from the epoch. Undefined when no time step within `window` has it. */
export function findTimeStep(secret: string, code: string, now: number): number | undefined {
  // The library compares bytes, and throws on digits of more than one byte.
  if (!/^[0-9]{6}$/.test(code)) return undefined
  const totp = new TOTP({ ...scheme, secret: Secret.fromBase32(secret) })
  const delta = totp.validate({ token: code, timestamp: now, window })
  return delta === null ? undefined : totp.counter({ timestamp: now }) + delta
}

/** @throws ApiError SoftwareTokenMFANotFoundException when the pool does not offer authenticator apps. */
export function requireSoftwareTokens(pool: Pool): void {
  if (mfaMethodsOf(pool).includes('SOFTWARE_TOKEN_MFA')) return
  throw new ApiError('SoftwareTokenMFANotFoundException', 'Software Token MFA has not been enabled by the userPool')
}

const contextOf = ({ poolId, sub }: UserKey): string => `${poolId}/${sub}`

type TokenRow = { readonly pool_id: string; readonly sub: string }
const resealColumn = (secrets: Secrets, sealed: string, { pool_id: poolId, sub }: TokenRow) =>
  secrets.reseal('software-token', sealed, contextOf({ poolId, sub }))

export const sealedSoftwareTokens = sealedTable('software_token', {
  key: ['pool_id', 'sub'],
  columns: { secret: resealColumn, pending_secret: resealColumn },
})

import { Secret, TOTP } from 'otpauth'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { offeredMfa } from '../../pools/mfa/offered-mfa.ts'
import type { Pool } from '../../pools/pool.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import type { User } from '../user.ts'

/** A user's authenticator app as it is stored. */
export type SoftwareToken = {
  /** Sealed; null until a first code has proven that the user's app knows it. */
  readonly secret: string | null
  /** Sealed: what a first code is to prove. */
  readonly pendingSecret: string | null
  readonly deviceName: string | null
}

/** 256 bits: 52 characters of Base32, as long as Cognito's. */
const secretBytes = 32

/** What every authenticator app takes for granted (RFC 6238): SHA-1, six digits, a new code every 30 seconds. */
const scheme = { algorithm: 'SHA1', digits: 6, period: 30 } as const

/** One step each way: for clocks that are off, and for codes that are typed at the last moment (RFC 6238 §5.2). */
const window = 1

type Owner = Pick<User, 'poolId' | 'sub'>

/** A new secret in Base32, to be shown to the user. */
export function newSoftwareSecret(): string {
  return new Secret({ size: secretBytes }).base32
}

export function sealSoftwareSecret(secrets: Secrets, owner: Owner, secret: string): string {
  return secrets.seal('software-token', secret, rowOf(owner))
}

export function openSoftwareSecret(secrets: Secrets, owner: Owner, sealed: string): string {
  const secret = secrets.open('software-token', sealed, rowOf(owner))
  if (secret === undefined) throw new Error(`The stored software token of user ${owner.sub} cannot be opened.`)
  return secret.toString()
}

/** The time step (since the epoch) that the code is for; undefined when it is none of those that are good now. */
export function findTimeStep(secret: string, code: string, now: number): number | undefined {
  // The library compares bytes and fails on digits that take more than one each.
  if (!/^[0-9]{6}$/.test(code)) return undefined
  const totp = new TOTP({ ...scheme, secret: Secret.fromBase32(secret) })
  const delta = totp.validate({ token: code, timestamp: now, window })
  return delta === null ? undefined : totp.counter({ timestamp: now }) + delta
}

/** Throws SoftwareTokenMFANotFoundException where the pool does not offer authenticator apps. */
export function requireSoftwareTokens(pool: Pool): void {
  if (offeredMfa(pool).includes('SOFTWARE_TOKEN_MFA')) return
  throw new ApiError('SoftwareTokenMFANotFoundException', 'Software Token MFA has not been enabled by the userPool')
}

const rowOf = ({ poolId, sub }: Owner): string => `${poolId}/${sub}`

type TokenRow = { readonly pool_id: string; readonly sub: string }
const resealColumn = (secrets: Secrets, sealed: string, { pool_id: poolId, sub }: TokenRow) =>
  secrets.reseal('software-token', sealed, rowOf({ poolId, sub }))

export const sealedSoftwareTokens = sealedTable('software_token', {
  key: ['pool_id', 'sub'],
  columns: { secret: resealColumn, pending_secret: resealColumn },
})

import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import { newSalt, srpX } from '../../base/srp/exchange.ts'
import { PowersBusyError, type SrpPowers } from '../../base/srp/powers.ts'
import { ApiError } from '../../contract/api-error.ts'
import { srpNameOf } from '../../pools/pool.ts'
import type { ImportedHashes } from './imported-hashes.ts'
import { readSrpVerifier } from './read-other-hash.ts'
import { type HashText, openPassword, type PasswordOwner, type PasswordVerifier, sealPassword } from './sealed-password.ts'

export type { PasswordVerifier } from './sealed-password.ts'

export type Passwords = {
  /** Derives the verifier and seals it for the user's row. Never call it inside a transaction: it takes a modular exponentiation. */
  protect(owner: PasswordOwner, password: string): Promise<string>
  /**
   * Whether the password is the sealed one. When `sealed` is undefined (no such user) or null (no password), the result is false, but the
   * check takes as long as with a verifier.
   */
  matches(owner: PasswordOwner, sealed: string | null | undefined, password: string): Promise<boolean>
  /** The verifier, for an SRP exchange; undefined for a user without a password or with an imported hash. */
  reveal(owner: PasswordOwner, sealed: string | null): PasswordVerifier | undefined
}

const verifierBytes = 384

type PasswordDeps = {
  readonly secrets: Secrets
  readonly powers: Pick<SrpPowers, 'verifier'>
  readonly importedHashes: Pick<ImportedHashes, 'check'>
}

export function createPasswords({ secrets, powers, importedHashes }: PasswordDeps): Passwords {
  const derive = (owner: PasswordOwner, salt: Buffer, password: string): Promise<Buffer> =>
    deriveVerifier(powers, srpX(srpNameOf(owner.poolId), owner.username, password, salt))

  function reveal(owner: PasswordOwner, sealed: string | null): PasswordVerifier | undefined {
    const stored = sealed === null ? undefined : openPassword(secrets, owner, sealed)
    return stored?.kind === 'SRP' || stored?.kind === 'BOTH' ? stored.verifier : undefined
  }

  async function matchesImported({ algorithm, hash }: HashText, password: string): Promise<boolean> {
    if (algorithm !== 'SRP') return orReject(importedHashes.check({ algorithm, hash, password }))
    const read = readSrpVerifier(hash)
    if (read === undefined) throw new Error('An imported verifier cannot be read.')
    return timingSafeEqual(await deriveVerifier(powers, srpX(read.group, read.username, password, read.salt)), read.verifier)
  }

  return {
    reveal,

    async protect(owner, password) {
      const salt = newSalt()
      const verifier = await derive(owner, salt, password)
      return sealPassword(secrets, owner, { kind: 'SRP', verifier: { salt, verifier } })
    },

    async matches(owner, sealed, password) {
      const opened = sealed == null ? undefined : openPassword(secrets, owner, sealed)
      if (opened?.kind === 'IMPORTED') return matchesImported(opened.imported, password)
      const stored = reveal(owner, sealed ?? null)
      const { salt, verifier } = stored ?? { salt: newSalt(), verifier: randomBytes(verifierBytes) }
      const equal = timingSafeEqual(await derive(owner, salt, password), verifier)
      return equal && stored !== undefined
    },
  }
}

/**
 * g^x mod N, as 384 bytes.
 *
 * @throws ApiError TooManyRequestsException when too many requests wait for modular exponentiations.
 */
export async function deriveVerifier(powers: Pick<SrpPowers, 'verifier'>, x: Uint8Array): Promise<Buffer> {
  try {
    return await powers.verifier(x)
  } catch (error) {
    if (error instanceof PowersBusyError) throw tooBusy(error)
    throw error
  }
}

/** Rejects when `outcome` is undefined, which means that the queue is full. */
function orReject<T>(outcome: Promise<T> | undefined): Promise<T> {
  return outcome ?? Promise.reject(tooBusy())
}

function tooBusy(cause?: Error): ApiError {
  return new ApiError('TooManyRequestsException', 'Too many requests', { cause })
}

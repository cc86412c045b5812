import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import { newSalt, srpX } from '../../base/srp/exchange.ts'
import { PowersBusyError, type SrpPowers } from '../../base/srp/powers.ts'
import { ApiError } from '../../contract/api-error.ts'
import { srpNameOf } from '../../pools/pool.ts'
import type { User } from '../user.ts'
import { atFormerPool } from './at-former-pool.ts'
import type { ImportedHashes } from './imported-hashes.ts'
import { isImported, openImportedHash } from './sealed-import.ts'

/** The user who has the password. A verifier depends on pool and username. Sealed, it can be opened only for the same pool and `sub`. */
type PasswordOwner = Pick<User, 'poolId' | 'sub' | 'username'>

/** What is stored of a password: the salt and g^x mod N of SRP-6a. Sign-ins with SRP and with the plain password both use it. */
export type PasswordVerifier = { readonly salt: Buffer; readonly verifier: Buffer }

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

const saltBytes = 16
const verifierBytes = 384

type PasswordDeps = {
  readonly secrets: Secrets
  readonly powers: Pick<SrpPowers, 'verifier'>
  readonly importedHashes: Pick<ImportedHashes, 'check'>
}

export function createPasswords({ secrets, powers, importedHashes }: PasswordDeps): Passwords {
  const sealContext = (owner: PasswordOwner) => `${owner.poolId}/${owner.sub}`

  const derive = (owner: PasswordOwner, salt: Buffer, password: string): Promise<Buffer> =>
    deriveVerifier(powers, srpX(srpNameOf(owner.poolId), owner.username, password, salt))

  function reveal(owner: PasswordOwner, sealed: string | null): PasswordVerifier | undefined {
    if (sealed === null || sealed === atFormerPool || isImported(sealed)) return undefined
    const bytes = secrets.open('password', sealed, sealContext(owner))
    if (bytes?.length !== saltBytes + verifierBytes) throw new Error(`The stored password of user ${owner.sub} cannot be opened.`)
    return { salt: bytes.subarray(0, saltBytes), verifier: bytes.subarray(saltBytes) }
  }

  return {
    reveal,

    async protect(owner, password) {
      const salt = newSalt()
      const verifier = await derive(owner, salt, password)
      return secrets.seal('password', Buffer.concat([salt, verifier]), sealContext(owner))
    },

    async matches(owner, sealed, password) {
      if (sealed && isImported(sealed)) return orReject(importedHashes.check({ ...openImportedHash(secrets, owner, sealed), password }))
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

import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import { newSalt, srpX } from '../../base/srp/exchange.ts'
import { PowersBusyError, type SrpPowers } from '../../base/srp/powers.ts'
import { ApiError } from '../../contract/api-error.ts'
import { srpNameOf } from '../../pools/pool.ts'
import type { User } from '../user.ts'
import type { ImportedHashes } from './imported-hashes.ts'
import { isImported, openImportedHash } from './sealed-import.ts'

/** A verifier is bound to the pool and to the stored username; the seal also to the row it lies in. */
type Owner = Pick<User, 'poolId' | 'sub' | 'username'>

/** What the server keeps of a password: the salt and g^x mod N of SRP-6a. It serves plain and SRP sign-in alike. */
export type PasswordVerifier = { readonly salt: Buffer; readonly verifier: Buffer }

export type Passwords = {
  /** Derives the verifier and seals it for the user's row. Never inside a transaction: it takes a modular power. */
  protect(owner: Owner, password: string): Promise<string>
  /** Whether the password is the sealed one. `undefined` (no such user, no password) costs the same and is false. */
  matches(owner: Owner, sealed: string | null | undefined, password: string): Promise<boolean>
  /** The salt and verifier themselves, for an SRP exchange; undefined when there are none: no password, or an imported hash. */
  reveal(owner: Owner, sealed: string | null): PasswordVerifier | undefined
}

const saltBytes = 16
const verifierBytes = 384

type Parts = {
  readonly secrets: Secrets
  readonly powers: Pick<SrpPowers, 'verifier'>
  readonly importedHashes: Pick<ImportedHashes, 'check'>
}

export function createPasswords({ secrets, powers, importedHashes }: Parts): Passwords {
  const rowOf = (owner: Owner) => `${owner.poolId}/${owner.sub}`

  async function derive(owner: Owner, salt: Buffer, password: string): Promise<Buffer> {
    try {
      return await powers.verifier(srpX(srpNameOf(owner.poolId), owner.username, password, salt))
    } catch (error) {
      if (error instanceof PowersBusyError) throw tooBusy(error)
      throw error
    }
  }

  function reveal(owner: Owner, sealed: string | null): PasswordVerifier | undefined {
    if (sealed === null || isImported(sealed)) return undefined
    const bytes = secrets.open('password', sealed, rowOf(owner))
    if (bytes?.length !== saltBytes + verifierBytes) throw new Error(`The stored password of user ${owner.sub} cannot be opened.`)
    return { salt: bytes.subarray(0, saltBytes), verifier: bytes.subarray(saltBytes) }
  }

  return {
    reveal,

    async protect(owner, password) {
      const salt = newSalt()
      const verifier = await derive(owner, salt, password)
      return secrets.seal('password', Buffer.concat([salt, verifier]), rowOf(owner))
    },

    async matches(owner, sealed, password) {
      if (sealed && isImported(sealed)) return orBusy(importedHashes.check({ ...openImportedHash(secrets, owner, sealed), password }))
      const stored = reveal(owner, sealed ?? null)
      const { salt, verifier } = stored ?? { salt: newSalt(), verifier: randomBytes(verifierBytes) }
      const equal = timingSafeEqual(await derive(owner, salt, password), verifier)
      return equal && stored !== undefined
    },
  }
}

function orBusy<T>(outcome: Promise<T> | undefined): Promise<T> {
  return outcome ?? Promise.reject(tooBusy())
}

function tooBusy(cause?: Error): ApiError {
  return new ApiError('TooManyRequestsException', 'Too many requests', { cause })
}

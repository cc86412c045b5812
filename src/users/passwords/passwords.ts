import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import { newSalt, srpX } from '../../base/srp/exchange.ts'
import { PowersBusyError, type SrpPowers } from '../../base/srp/powers.ts'
import { ApiError } from '../../contract/api-error.ts'
import { srpNameOf } from '../../pools/pool.ts'
import type { User } from '../user.ts'
import type { HashAlgorithm } from './imported-hash.ts'
import type { ImportedHashes } from './imported-hashes.ts'

/** A verifier is bound to the pool and to the stored username; the seal also to the row it lies in. */
type Owner = Pick<User, 'poolId' | 'sub' | 'username'>

/** What the server keeps of a password: the salt and g^x mod N of SRP-6a. It serves plain and SRP sign-in alike. */
export type PasswordVerifier = { readonly salt: Buffer; readonly verifier: Buffer }

export type Passwords = {
  /** Derives the verifier and seals it for the user's row. Never inside a transaction: it takes a modular power. */
  protect(owner: Owner, password: string): Promise<string>
  /** Seals what another system made of the password, as readImportedHash takes it. `matches` knows it, SRP does not. */
  protectImported(owner: Owner, algorithm: HashAlgorithm, hash: string): string
  /** Whether it was sealed by protectImported, and should give way to a verifier once the password is known. */
  isImported(sealed: string | null): sealed is string
  /** Whether the password is the sealed one. `undefined` (no such user, no password) costs the same and is false. */
  matches(owner: Owner, sealed: string | null | undefined, password: string): Promise<boolean>
  /** The salt and verifier themselves, for an SRP exchange; undefined when there are none: no password, or an imported hash. */
  reveal(owner: Owner, sealed: string | null): PasswordVerifier | undefined
}

const saltBytes = 16
const verifierBytes = 384

/** Before what is sealed. A seal is base64url and has no colon, so that nothing else begins with it. */
const importedMark = 'imported:'

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
      if (error instanceof PowersBusyError) throw new ApiError('TooManyRequestsException', 'Too many requests', { cause: error })
      throw error
    }
  }

  async function matchesImported(owner: Owner, sealed: string, password: string): Promise<boolean> {
    const text = secrets.open('password', sealed.slice(importedMark.length), importedMark + rowOf(owner))?.toString()
    if (text === undefined) throw new Error(`The imported password hash of user ${owner.sub} cannot be opened.`)
    const end = text.indexOf(':')
    const question = { algorithm: text.slice(0, end) as HashAlgorithm, hash: text.slice(end + 1), password }
    const outcome = importedHashes.check(question)
    if (outcome === undefined) throw new ApiError('TooManyRequestsException', 'Too many requests')
    return outcome
  }

  function reveal(owner: Owner, sealed: string | null): PasswordVerifier | undefined {
    if (sealed === null || isImported(sealed)) return undefined
    const bytes = secrets.open('password', sealed, rowOf(owner))
    if (bytes?.length !== saltBytes + verifierBytes) throw new Error(`The stored password of user ${owner.sub} cannot be opened.`)
    return { salt: bytes.subarray(0, saltBytes), verifier: bytes.subarray(saltBytes) }
  }

  return {
    reveal,
    isImported,

    protectImported(owner, algorithm, hash) {
      return importedMark + secrets.seal('password', `${algorithm}:${hash}`, importedMark + rowOf(owner))
    },

    async protect(owner, password) {
      const salt = newSalt()
      const verifier = await derive(owner, salt, password)
      return secrets.seal('password', Buffer.concat([salt, verifier]), rowOf(owner))
    },

    async matches(owner, sealed, password) {
      if (sealed && isImported(sealed)) return matchesImported(owner, sealed, password)
      const stored = reveal(owner, sealed ?? null)
      const { salt, verifier } = stored ?? { salt: newSalt(), verifier: randomBytes(verifierBytes) }
      const equal = timingSafeEqual(await derive(owner, salt, password), verifier)
      return equal && stored !== undefined
    },
  }
}

function isImported(sealed: string | null): sealed is string {
  return sealed?.startsWith(importedMark) ?? false
}

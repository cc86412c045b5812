import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../base/secrets.ts'
import { newSalt, srpX } from '../../base/srp/exchange.ts'
import { PowersBusyError, type SrpPowers } from '../../base/srp/powers.ts'
import { DisplacedError } from '../../base/worker-pool.ts'
import { ApiError } from '../../contract/api-error.ts'
import { passwordStorageOf } from '../../pools/extensions/pool-extensions.ts'
import { type Pool, srpNameOf } from '../../pools/pool.ts'
import { argon2KeyBytes, argon2SaltBytes, readOwnArgon2, writeArgon2 } from './argon2-hash.ts'
import type { Argon2Keys } from './argon2-keys.ts'
import { atFormerPool } from './at-former-pool.ts'
import type { ImportedHashes } from './imported-hashes.ts'
import { readSrpVerifier } from './read-other-hash.ts'
import {
  type HashText,
  openPassword,
  type PasswordOwner,
  type PasswordVerifier,
  type StoredPassword,
  sealPassword,
} from './sealed-password.ts'
import { verifierNameOf } from './verifier-name.ts'

export type { PasswordVerifier } from './sealed-password.ts'

/** The pool decides in which form a password is stored. */
type StoringPool = Pick<Pool, 'extensions'>

export type Passwords = {
  /**
   * Makes what the pool stores of a password, and seals it for the user's row. Never call it inside a transaction: it takes a modular
   * exponentiation, or a computation of Argon2id.
   *
   * @throws ApiError TooManyRequestsException when too many computations wait
   */
  protect(pool: StoringPool, owner: PasswordOwner, password: string): Promise<string>
  /**
   * Whether the password is the sealed one. When `sealed` is undefined (no such user) or null (no password), the result is false, but the
   * check takes as long as with a password in the form that the pool stores.
   *
   * @throws ApiError TooManyRequestsException when too many computations wait
   */
  matches(pool: StoringPool, owner: PasswordOwner, sealed: string | null | undefined, password: string): Promise<boolean>
  /** The verifier, for an SRP exchange; undefined for a user without a password, or with a hash only. */
  reveal(owner: PasswordOwner, sealed: string | null): PasswordVerifier | undefined
}

const verifierBytes = 384

type PasswordDeps = {
  readonly secrets: Secrets
  readonly powers: Pick<SrpPowers, 'verifier'>
  readonly importedHashes: Pick<ImportedHashes, 'check'>
  readonly argon2: Pick<Argon2Keys, 'derive'>
}

export function createPasswords(deps: PasswordDeps): Passwords {
  const { secrets } = deps

  return {
    reveal(owner, sealed) {
      const stored = hasStored(sealed) ? openPassword(secrets, owner, sealed) : undefined
      return stored?.kind === 'SRP' || stored?.kind === 'BOTH' ? stored.verifier : undefined
    },

    async protect(pool, owner, password) {
      return sealPassword(secrets, owner, await makeStored(deps, passwordStorageOf(pool), owner, password))
    },

    async matches(pool, owner, sealed, password) {
      const stored = hasStored(sealed) ? openPassword(secrets, owner, sealed) : undefined
      const storesHashes = passwordStorageOf(pool) === 'ARGON2ID'
      switch (stored?.kind) {
        case 'IMPORTED':
          return matchesImported(deps, owner, stored.imported, password)
        case 'ARGON2ID':
          return matchesArgon2(deps, owner, stored.argon2, password)
        case 'SRP':
        case 'BOTH': {
          const isRight = await matchesVerifier(deps, ownerAt(owner, sealed), stored.verifier, password)
          // A right password is stored anew as a hash. With a wrong one, the check takes as long as with a hash.
          if (!isRight && storesHashes) await matchesArgon2(deps, owner, undefined, password)
          return isRight
        }
        case undefined:
          return storesHashes ? matchesArgon2(deps, owner, undefined, password) : matchesVerifier(deps, owner, undefined, password)
      }
    },
  }
}

/** The owner with the username that the verifier was made with. */
const ownerAt = (owner: PasswordOwner, sealed: string | null | undefined): PasswordOwner => ({
  ...owner,
  username: verifierNameOf({ username: owner.username, password: sealed ?? null }),
})

const hasStored = (sealed: string | null | undefined): sealed is string => sealed != null && sealed !== atFormerPool

async function makeStored(
  deps: PasswordDeps,
  storage: ReturnType<typeof passwordStorageOf>,
  owner: PasswordOwner,
  password: string,
): Promise<StoredPassword> {
  switch (storage) {
    case 'SRP':
      return { kind: 'SRP', verifier: await makeVerifier(deps, owner, password) }
    case 'ARGON2ID':
      return { kind: 'ARGON2ID', argon2: await makeArgon2(deps, owner, password) }
    case 'BOTH':
      return { kind: 'BOTH', verifier: await makeVerifier(deps, owner, password), argon2: await makeArgon2(deps, owner, password) }
  }
}

async function makeVerifier(deps: PasswordDeps, owner: PasswordOwner, password: string): Promise<PasswordVerifier> {
  const salt = newSalt()
  return { salt, verifier: await verifierOf(deps, { group: srpNameOf(owner.poolId), name: owner.username, salt }, password) }
}

async function makeArgon2({ argon2 }: PasswordDeps, { poolId }: PasswordOwner, password: string): Promise<string> {
  const salt = randomBytes(argon2SaltBytes)
  return writeArgon2(salt, await orBusy(argon2.derive(poolId, password, salt)))
}

/** Without a verifier, the result is false after the same computation. */
async function matchesVerifier(deps: PasswordDeps, owner: PasswordOwner, stored: PasswordVerifier | undefined, password: string) {
  const { salt, verifier } = stored ?? { salt: newSalt(), verifier: randomBytes(verifierBytes) }
  const derived = await verifierOf(deps, { group: srpNameOf(owner.poolId), name: owner.username, salt }, password)
  return timingSafeEqual(derived, verifier) && stored !== undefined
}

/** Without a hash, the result is false after the same computation. */
async function matchesArgon2({ argon2 }: PasswordDeps, { poolId }: PasswordOwner, stored: string | undefined, password: string) {
  const { salt, key } = readOwnArgon2(stored) ?? { salt: randomBytes(argon2SaltBytes), key: randomBytes(argon2KeyBytes) }
  const derived = await orBusy(argon2.derive(poolId, password, salt))
  return timingSafeEqual(derived, key) && stored !== undefined
}

async function matchesImported(deps: PasswordDeps, { poolId }: PasswordOwner, { algorithm, hash }: HashText, password: string) {
  if (algorithm !== 'SRP') return orBusy(deps.importedHashes.check(poolId, { algorithm, hash, password }))
  const read = readSrpVerifier(hash)
  if (read === undefined) throw new Error('An imported verifier cannot be read.')
  return timingSafeEqual(await verifierOf(deps, { ...read, name: read.username }, password), read.verifier)
}

type SrpIdentity = { readonly group: string; readonly name: string; readonly salt: Buffer }

function verifierOf({ powers }: PasswordDeps, { group, name, salt }: SrpIdentity, password: string): Promise<Buffer> {
  return deriveVerifier(powers, srpX(group, name, password, salt))
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

/** Rejects when `outcome` is undefined, which means that the queue is full, and when the computation had to make room for another. */
async function orBusy<T>(outcome: Promise<T> | undefined): Promise<T> {
  if (outcome === undefined) throw tooBusy()
  try {
    return await outcome
  } catch (error) {
    if (error instanceof DisplacedError) throw tooBusy(error)
    throw error
  }
}

function tooBusy(cause?: Error): ApiError {
  return new ApiError('TooManyRequestsException', 'Too many requests', { cause })
}

import { argon2Sync, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import { type HashAlgorithm, type ImportedHash, readImportedHash } from './imported-hash.ts'

/** The message to a worker thread: is this hash a hash of this password? */
export type HashCheck = { readonly algorithm: HashAlgorithm; readonly hash: string; readonly password: string }

/**
 * Whether `hash` is a hash of the password. Blocks the calling thread for tens to hundreds of milliseconds.
 * @throws Error when the hash cannot be read
 */
export function checkImportedHash({ algorithm, hash, password }: HashCheck): boolean {
  const read = readImportedHash(algorithm, hash)
  if (read === undefined) throw new Error('An imported password hash cannot be read.')
  return read.algorithm === 'BCRYPT' ? compareSync(password, read.hash) : timingSafeEqual(derive(read, password), read.key)
}

function derive(hash: Exclude<ImportedHash, { algorithm: 'BCRYPT' }>, password: string): Buffer {
  const { salt, key } = hash
  switch (hash.algorithm) {
    case 'SCRYPT': {
      const { cost, blockSize, parallelization } = hash
      // Node's default memory limit is too low for the highest cost that we accept (N=65536, r=8, p=1): it takes just over 128·N·r bytes.
      return scryptSync(password, salt, key.length, { cost, blockSize, parallelization, maxmem: 129 * cost * blockSize + 1024 * 1024 })
    }
    case 'ARGON2ID': {
      const { memory, passes, parallelism } = hash
      return argon2Sync('argon2id', { message: password, nonce: salt, memory, passes, parallelism, tagLength: key.length })
    }
    case 'PBKDF2_SHA256':
      return pbkdf2Sync(password, salt, hash.iterations, key.length, 'sha256')
  }
}

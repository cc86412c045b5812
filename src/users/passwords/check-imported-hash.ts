import { argon2Sync, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { compareSync } from 'bcryptjs'
import { type HashAlgorithm, type ImportedHash, readImportedHash } from './imported-hash.ts'

/** What a thread is asked: whether the password is the one of which the hash was made. */
export type HashQuestion = { readonly algorithm: HashAlgorithm; readonly hash: string; readonly password: string }

/** Takes some tens to hundreds of milliseconds, all of them on the calling thread. Throws for a hash that cannot be read. */
export function checkImportedHash({ algorithm, hash, password }: HashQuestion): boolean {
  const read = readImportedHash(algorithm, hash)
  if (read === undefined) throw new Error('An imported password hash cannot be read.')
  return read.algorithm === 'BCRYPT' ? compareSync(password, read.hash) : timingSafeEqual(derive(read, password), read.key)
}

function derive(hash: Exclude<ImportedHash, { algorithm: 'BCRYPT' }>, password: string): Buffer {
  const { salt, key } = hash
  switch (hash.algorithm) {
    case 'SCRYPT': {
      const { cost, blockSize, parallelization } = hash
      // Node's own limit is below what 65536/8/1 needs, which is 128·N·r bytes and a little.
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

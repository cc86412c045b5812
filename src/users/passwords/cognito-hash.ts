import type { ImportedHash } from './hash-types.ts'
import { type HashAlgorithm, readImportedHash } from './imported-hash.ts'

const forms: Readonly<Record<HashAlgorithm, RegExp>> = {
  BCRYPT: /^\$2/,
  SCRYPT: /^\d{1,5}\$\d\$\d\$/,
  ARGON2ID: /^\$argon2id\$v=19\$m=\d{1,5},t=\d,p=\d\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/,
  PBKDF2_SHA256: /^\$pbkdf2-sha256\$\d{1,6}\$/,
}

/**
 * Parses a hash in the form that Cognito's import takes. Undefined when it is malformed, or when checking it would cost more than Cognito's
 * limits: bcrypt cost 12; scrypt 65536/8/1; argon2id m=19456,t=2,p=1; PBKDF2 600,000 iterations.
 */
export function readCognitoHash(algorithm: HashAlgorithm, text: string): ImportedHash | undefined {
  const hash = forms[algorithm].test(text) ? readImportedHash(algorithm, text) : undefined
  return hash && isWithinLimits(hash) ? hash : undefined
}

function isWithinLimits(hash: ImportedHash): boolean {
  switch (hash.kind) {
    case 'BCRYPT':
      return Number(hash.hash.slice(4, 6)) <= 12
    case 'SCRYPT':
      return hash.cost <= 65_536 && hash.blockSize <= 8 && hash.parallelization === 1
    case 'ARGON2':
      return hash.memory <= 19_456 && hash.passes <= 2 && hash.parallelism === 1
    case 'PBKDF2':
      return hash.iterations <= 600_000
    default:
      return false
  }
}

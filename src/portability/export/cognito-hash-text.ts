import { readCognitoHash } from '../../users/passwords/cognito-hash.ts'
import type { HashAlgorithm } from '../../users/passwords/imported-hash.ts'
import type { ReadHash } from './password-state.ts'

/**
 * The hash in the form of Cognito's import. Undefined when it is of another algorithm than that of the file, or beyond Cognito's limits.
 */
export function cognitoHashText(algorithm: HashAlgorithm, { algorithm: own, text, hash }: ReadHash): string | undefined {
  if (own !== algorithm) return undefined
  const written = formOf(hash) ?? text
  return readCognitoHash(algorithm, written) === undefined ? undefined : written
}

/** The forms that differ from those that our own import takes as well. */
function formOf(hash: ReadHash['hash']): string | undefined {
  if (hash.kind === 'SCRYPT') {
    return [hash.cost, hash.blockSize, hash.parallelization, hash.salt.toString('hex'), hash.key.toString('hex')].join('$')
  }
  if (hash.kind === 'PBKDF2') return ['', 'pbkdf2-sha256', hash.iterations, ab64(hash.salt), ab64(hash.key)].join('$')
  return undefined
}

/** Base64 with `.` in place of `+`, without padding, as hashes of PBKDF2 have it. */
const ab64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('+', '.').replace(/=+$/, '')

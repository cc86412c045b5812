import type { ImportedHash } from '../../users/passwords/hash-types.ts'
import { type ImportAlgorithm, isImportAlgorithm, readImportedHash } from '../../users/passwords/imported-hash.ts'
import type { PasswordRecord } from '../users-file/user-record.ts'
import type { LeftOut } from './left-out.ts'
import type { ExportedUser } from './user-record-of.ts'

/** A hash, its text, and what the text says. */
export type ReadHash = { readonly algorithm: ImportAlgorithm; readonly text: string; readonly hash: ImportedHash }

/** Undefined for an algorithm or a form that this version does not know. */
export function readHash({ algorithm, hash: text }: PasswordRecord): ReadHash | undefined {
  const hash = isImportAlgorithm(algorithm) ? readImportedHash(algorithm, text) : undefined
  return hash && isImportAlgorithm(algorithm) ? { algorithm, text, hash } : undefined
}

/** Whether the user's password is one that the user may go on using: not a temporary one, and not one that has to be reset. */
export const hasLastingPassword = ({ password, status }: ExportedUser): boolean =>
  password !== undefined && status !== 'FORCE_CHANGE_PASSWORD' && status !== 'RESET_REQUIRED'

/**
 * The user's password as another system takes it. Undefined for a user without one, and for a password that is left out.
 *
 * @param write undefined when the other system does not take the hash
 */
export function writeLastingPassword<T>(user: ExportedUser, leftOut: LeftOut, write: (hash: ReadHash) => T | undefined): T | undefined {
  if (user.password === undefined) return undefined
  if (!hasLastingPassword(user)) {
    leftOut.add(user.status === 'RESET_REQUIRED' ? 'password-reset' : 'password-temporary', user)
    return undefined
  }
  const read = readHash(user.password)
  const written = read && write(read)
  if (written === undefined) leftOut.add(user.password.algorithm === 'SRP' ? 'password-srp' : 'password-algorithm', user)
  return written
}

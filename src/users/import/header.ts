import type { Pool } from '../../pools/pool.ts'
import type { HashAlgorithm } from '../passwords/imported-hash.ts'
import { readLine, splitFields } from './csv.ts'

export const usernameColumn = 'cognito:username'
export const mfaColumn = 'cognito:mfa_enabled'
export const hashColumn = 'password_hash'

/** Columns by name, in the order in which GetCSVHeader shows them. */
export function columnsOf(pool: Pick<Pool, 'schema'>): string[] {
  const attributes = pool.schema.map(({ name }) => name).filter((name) => name !== 'sub' && name !== 'identities')
  return [...attributes, mfaColumn, usernameColumn, hashColumn]
}

/**
 * The columns of a file, or why it cannot be imported. Their order is free; those that nothing is said in may be left out (Cognito
 * wants all of them), but for the username, and the password hashes of a job that says how they were made.
 */
export function readHeader(
  pool: Pick<Pool, 'schema'>,
  algorithm: HashAlgorithm | null,
  line: string,
): { readonly columns: readonly string[] } | { readonly problem: string } {
  // Spreadsheet programs put a byte order mark before UTF-8.
  const read = readLine(Buffer.from(line.replace(/^\uFEFF/, '')))
  if ('problem' in read) return { problem: 'The header of the file is invalid.' }
  const columns = splitFields(read.text)
  const known = new Set(columnsOf(pool))
  const isSound = columns.every((column) => known.has(column)) && new Set(columns).size === columns.length
  if (!isSound || !columns.includes(usernameColumn)) return { problem: 'The header of the file is invalid.' }
  if (algorithm !== null && !columns.includes(hashColumn)) return { problem: `The file has no column ${hashColumn}.` }
  return { columns }
}

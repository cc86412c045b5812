import type { Pool } from '../../pools/pool.ts'
import type { HashAlgorithm } from '../passwords/imported-hash.ts'
import { readLine, splitFields } from './csv.ts'

export const usernameColumn = 'cognito:username'
export const mfaColumn = 'cognito:mfa_enabled'
export const hashColumn = 'password_hash'

/** The names of the columns, in the order of GetCSVHeader. */
export function columnsOf(pool: Pick<Pool, 'schema'>): string[] {
  const attributes = pool.schema.map(({ name }) => name).filter((name) => name !== 'sub' && name !== 'identities')
  return [...attributes, mfaColumn, usernameColumn, hashColumn]
}

/**
 * The columns of a file, or why the file cannot be imported. Columns may stand in any order. Cognito requires all columns. Here only two
 * may not be missing: the username and, in a job with a hash algorithm, the password hash.
 */
export function readHeader(
  pool: Pick<Pool, 'schema'>,
  algorithm: HashAlgorithm | null,
  line: string,
): { readonly columns: readonly string[] } | { readonly problem: string } {
  // Spreadsheet programs write a byte order mark.
  const read = readLine(Buffer.from(line.replace(/^\uFEFF/, '')))
  if ('problem' in read) return { problem: 'The header of the file is invalid.' }
  const columns = splitFields(read.text)
  const known = new Set(columnsOf(pool))
  const isValid = columns.every((column) => known.has(column)) && new Set(columns).size === columns.length
  if (!isValid || !columns.includes(usernameColumn)) return { problem: 'The header of the file is invalid.' }
  if (algorithm !== null && !columns.includes(hashColumn)) return { problem: `The file has no column ${hashColumn}.` }
  return { columns }
}

import type { LastingSubkeys } from '../base/lasting-subkeys.ts'
import type { Schema } from '../storage/schema.ts'

/** A row of a table as it is stored. Its sealed values are under the key of the backup instead of a master key. */
export type BackupRow = Readonly<Record<string, string | number | null>>

/** The rows of one table, in batches that are small enough for the memory. A backup has the parts in the order of `copiedTables`. */
export type BackupPart = { readonly table: keyof Schema; readonly rows: AsyncIterable<readonly BackupRow[]> }

/** What a backup contains. */
export type BackupScope = { readonly kind: 'everything' } | { readonly kind: 'pool'; readonly poolId: string }

/** The secret beginning of a backup. */
export type BackupKeys = {
  /** The random key of this backup, 32 bytes: all sealed values of the rows are sealed under it, as under a master key. */
  readonly rowKey: Buffer
  /**
   * The subkeys that values outside the database and keyed hashes inside it depend on, such as refresh tokens and codes: those of the
   * installation, and those that it keeps of others. A server that has them accepts what the installation has issued.
   */
  readonly lastingSubkeys: readonly LastingSubkeys[]
}

/** What a backup says about itself. */
export type BackupHead = {
  readonly scope: BackupScope
  /** The name of the last migration of the database that was copied. */
  readonly migration: string
  /** The version of the program that wrote the backup. */
  readonly program: string
  readonly engine: 'sqlite' | 'postgres'
  /** When the copied state was the current one, in epoch milliseconds. */
  readonly at: number
}

/** A consistent copy: of a database that is read, or of a file that was written before. */
export type BackupContent = { readonly head: BackupHead; readonly keys: BackupKeys; readonly parts: AsyncIterable<BackupPart> }

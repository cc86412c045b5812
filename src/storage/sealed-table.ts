import type { Selectable } from 'kysely'
import type { Secrets } from '../base/secrets.ts'
import type { Schema } from './schema.ts'

/** A sealed value, or JSON that contains sealed values. */
type Value = string | null

type Row = Readonly<Record<string, string | number | null>>

/** A table with columns that contain sealed values, and how they are sealed anew. */
export type SealedTable = {
  readonly table: keyof Schema
  /** The primary key of the table. */
  readonly key: readonly string[]
  readonly columns: readonly string[]
  /** Whether a row can have hundreds of kilobytes. Then fewer rows are read at a time. */
  readonly areLarge: boolean
  /** Seals anew the values of `row` that are not under the key of `Secrets.seal`. Returns them by column. Throws when one does not open. */
  reseal(secrets: Secrets, row: Row): Readonly<Record<string, string>>
}

/** Seals the value of one column anew. Returns the same text when the value is under the key of `Secrets.seal` already. */
type Resealer<Table extends keyof Schema> = (secrets: Secrets, value: string, row: Selectable<Schema[Table]>) => string

type SealedTableInput<Table extends keyof Schema> = {
  readonly key: readonly (keyof Schema[Table] & string)[]
  readonly columns: Partial<Record<keyof Schema[Table] & string, Resealer<Table>>>
  readonly areLarge?: boolean
}

/**
 * Describes a table with sealed columns. Call this function next to the code that seals these columns. The functions in `columns` get the
 * whole row, with all its columns.
 */
export function sealedTable<Table extends keyof Schema>(
  table: Table,
  { key, columns, areLarge = false }: SealedTableInput<Table>,
): SealedTable {
  const resealers = Object.entries(columns) as [string, Resealer<Table>][]
  return {
    table,
    key,
    columns: resealers.map(([column]) => column),
    areLarge,
    reseal(secrets, row) {
      const changed: Record<string, string> = {}
      for (const [column, reseal] of resealers) {
        const value = row[column] as Value
        // An emptied column contains no sealed value.
        if (value === null || value === '') continue
        const sealedAnew = reseal(secrets, value, row as never)
        if (sealedAnew !== value) changed[column] = sealedAnew
      }
      return changed
    },
  }
}

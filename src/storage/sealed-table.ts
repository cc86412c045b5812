import type { Selectable } from 'kysely'
import type { Secrets } from '../base/secrets.ts'
import type { Schema } from './schema.ts'

/** A value that is sealed, or JSON with sealed values in it. */
type Value = string | null

type Row = Readonly<Record<string, string | number | null>>

/** A table with columns in which something is sealed, and how they are sealed anew. */
export type SealedTable = {
  readonly table: keyof Schema
  /** Its primary key. */
  readonly key: readonly string[]
  readonly columns: readonly string[]
  /** A row can be as large as hundreds of kilobytes. */
  readonly areLarge: boolean
  /** The columns of a row that are not under the key of `Secrets.seal`, as they have to be. Throws when one does not open. */
  reseal(secrets: Secrets, row: Row): Readonly<Record<string, string>>
}

/** How the value of one column is sealed anew. Answers the same text when nothing has to change. */
type Resealer<Table extends keyof Schema> = (secrets: Secrets, value: string, row: Selectable<Schema[Table]>) => string

type Wish<Table extends keyof Schema> = {
  readonly key: readonly (keyof Schema[Table] & string)[]
  readonly columns: Partial<Record<keyof Schema[Table] & string, Resealer<Table>>>
  readonly areLarge?: boolean
}

/** Repositories describe their tables by this. Rows are read whole. */
export function sealedTable<Table extends keyof Schema>(table: Table, { key, columns, areLarge = false }: Wish<Table>): SealedTable {
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
        // An emptied column has nothing sealed in it.
        if (value === null || value === '') continue
        const sealedAnew = reseal(secrets, value, row as never)
        if (sealedAnew !== value) changed[column] = sealedAnew
      }
      return changed
    },
  }
}

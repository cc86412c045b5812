import type { Transaction } from 'kysely'
import type { Db } from '../../storage/db.ts'
import type { Snapshot } from '../../storage/dialect/backend.ts'
import type { BackupRow } from '../backup-rows.ts'
import type { TableToCopy } from '../copied-tables.ts'

/** How many rows are read at a time. */
const rowsPerPage = 500
const largeRowsPerPage = 4

type AnySchema = Record<string, Record<string, string | number | null>>

/**
 * Reads all rows of a table, or those of one pool, in the order of the primary key, at most `maximum` at a time. `db` only builds the
 * statements.
 */
export async function* readPages(
  { db, snapshot }: { readonly db: Db; readonly snapshot: Snapshot },
  { table, key, poolColumn, areLarge }: TableToCopy,
  poolId: string | undefined,
  maximum: number = rowsPerPage,
): AsyncIterable<readonly BackupRow[]> {
  const limit = Math.min(maximum, areLarge ? largeRowsPerPage : rowsPerPage)
  let after: BackupRow | undefined
  for (;;) {
    let query = (db as unknown as Transaction<AnySchema>).selectFrom(table).selectAll().limit(limit)
    for (const column of key) query = query.orderBy(column)
    if (poolId !== undefined && poolColumn !== undefined) query = query.where(poolColumn, '=', poolId)
    if (after !== undefined) {
      const last = tuple(key.map((column) => after?.[column] ?? null))
      query = query.where((eb) => eb(eb.refTuple(...tuple(key)), '>', eb.tuple(...last)))
    }
    const rows: readonly BackupRow[] = await snapshot.read(query.compile())
    if (rows.length > 0) yield rows
    if (rows.length < limit) return
    after = rows.at(-1)
  }
}

/** Kysely's tuples need a length that is known to the compiler. */
const tuple = <T>(members: readonly T[]) => members as unknown as [never, never]

import type { Transaction } from 'kysely'
import type { Secrets } from '../base/secrets.ts'
import type { Db, Tx } from './db.ts'
import type { SealedTable } from './sealed-table.ts'

type Row = Record<string, string | number | null>
type AnySchema = Record<string, Row>
type Change = { readonly row: Row; readonly values: Readonly<Record<string, string>> }

/** How many rows are read at a time. One transaction changes at most these rows. */
const rowsPerBatch = 100
const largeRowsPerBatch = 4

/** The counts of one pass over the tables; `resealed` is the sum over all passes. */
export type ResealPass = {
  /** How many rows had a value under another key than the one of `Secrets.seal`, whether they were sealed anew or not. */
  stale: number
  /** Rows that were sealed anew. */
  resealed: number
  /** The table and primary key of each row with a value that does not open under any key. */
  unreadable: string[]
}

type Options = {
  readonly db: Db
  readonly secrets: Secrets
  /** Called in each transaction that changes rows. Throws when the current master key is another one by now; the error ends the work. */
  readonly requireKey: (tx: Tx) => Promise<void>
  /** Called after each batch that changed rows, with the time that its transaction took. */
  readonly afterBatch: (milliseconds: number) => Promise<void>
}

/** Reads all rows of a table once and seals anew every value that is not under the key of `Secrets.seal`. Adds its counts to `pass`. */
export async function resealTable(options: Options, table: SealedTable, pass: ResealPass): Promise<void> {
  let after: Row | undefined
  for (;;) {
    const rows = await readBatch(options.db, table, after)
    const changes = rows.flatMap((row) => changeOf(options.secrets, table, row, pass))
    if (changes.length > 0) {
      const startedAt = performance.now()
      pass.stale += changes.length
      pass.resealed += await options.db.transaction().execute(async (tx) => {
        await options.requireKey(tx)
        return storeChanges(tx, table, changes)
      })
      await options.afterBatch(performance.now() - startedAt)
    }
    after = rows.at(-1)
    if (after === undefined) return
  }
}

function changeOf(secrets: Secrets, table: SealedTable, row: Row, pass: ResealPass): Change[] {
  try {
    const values = table.reseal(secrets, row)
    return Object.keys(values).length === 0 ? [] : [{ row, values }]
  } catch {
    pass.unreadable.push(`${table.table} ${table.key.map((column) => row[column]).join(' ')}`)
    return []
  }
}

function readBatch(db: Db, { table, key, areLarge }: SealedTable, after: Row | undefined): Promise<Row[]> {
  let query = (db as unknown as Transaction<AnySchema>)
    .selectFrom(table)
    .selectAll()
    .limit(areLarge ? largeRowsPerBatch : rowsPerBatch)
  for (const column of key) query = query.orderBy(column)
  if (after !== undefined) {
    const last = tuple(key.map((column) => after[column] as string | number))
    query = query.where((eb) => eb(eb.refTuple(...tuple(key)), '>', eb.tuple(...last)))
  }
  return query.execute() as Promise<Row[]>
}

/**
 * Stores the changes, and returns how many rows were changed. Rows that another transaction holds, or has changed since they were read, are
 * left to the next pass. So this function never waits for a lock while it holds others, and a concurrent change wins.
 */
async function storeChanges(tx: Tx, { table, key }: SealedTable, changes: readonly Change[]): Promise<number> {
  const anyTx = tx as unknown as Transaction<AnySchema>
  const keys = changes.map(({ row }) => tuple(key.map((column) => row[column] as string | number)))
  const locked = await anyTx
    .selectFrom(table)
    .select([...key])
    .where((eb) => eb(eb.refTuple(...tuple(key)), 'in', keys.map((each) => eb.tuple(...each)) as never))
    .forUpdate()
    .skipLocked()
    .execute()
  const nameOf = (row: Row) => JSON.stringify(key.map((column) => row[column]))
  const names = new Set(locked.map((row) => nameOf(row as Row)))
  let count = 0
  for (const { row, values } of changes.filter((change) => names.has(nameOf(change.row)))) {
    let update = anyTx.updateTable(table).set(values)
    for (const column of [...key, ...Object.keys(values)]) update = update.where(column, '=', row[column] as string | number)
    count += Number((await update.executeTakeFirstOrThrow()).numUpdatedRows)
  }
  return count
}

/** Kysely's tuples need a length that is known to the compiler. */
const tuple = <T>(members: readonly T[]) => members as unknown as [never, never]

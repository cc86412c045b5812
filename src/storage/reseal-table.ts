import type { Transaction } from 'kysely'
import type { Secrets } from '../base/secrets.ts'
import type { Db, Tx } from './db.ts'
import type { SealedTable } from './sealed-table.ts'

type Row = Record<string, string | number | null>
type AnySchema = Record<string, Row>
type Change = { readonly row: Row; readonly values: Readonly<Record<string, string>> }

/** Rows that are read, and at most changed, at once. */
const rowsPerBatch = 100
const largeRowsPerBatch = 4

export type ResealPass = {
  /** Rows that had something under another key, sealed anew or not. */
  stale: number
  /** Rows that were sealed anew. */
  resealed: number
  /** Rows in which something does not open under any key, by name. */
  unreadable: string[]
}

type Options = {
  readonly db: Db
  readonly secrets: Secrets
  /** Called in each transaction that changes rows; what it throws ends the work. */
  readonly requireKey: (tx: Tx) => Promise<void>
  /** Called after each batch that changed rows. */
  readonly afterBatch: (milliseconds: number) => Promise<void>
}

/** Goes once over all rows of a table, and seals anew what is not under the key of `Secrets.seal`. Adds what it finds to `pass`. */
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
 * Answers how many rows were changed. What another transaction holds, or has changed since the row was read, is left to the next pass: so this
 * never waits for a lock while it holds others, and a concurrent change wins.
 */
async function storeChanges(tx: Tx, { table, key }: SealedTable, changes: readonly Change[]): Promise<number> {
  const anyTx = tx as unknown as Transaction<AnySchema>
  const keys = changes.map(({ row }) => tuple(key.map((column) => row[column] as string | number)))
  const free = await anyTx
    .selectFrom(table)
    .select([...key])
    .where((eb) => eb(eb.refTuple(...tuple(key)), 'in', keys.map((each) => eb.tuple(...each)) as never))
    .forUpdate()
    .skipLocked()
    .execute()
  const nameOf = (row: Row) => JSON.stringify(key.map((column) => row[column]))
  const names = new Set(free.map((row) => nameOf(row as Row)))
  let count = 0
  for (const { row, values } of changes.filter((change) => names.has(nameOf(change.row)))) {
    let update = anyTx.updateTable(table).set(values)
    for (const column of [...key, ...Object.keys(values)]) update = update.where(column, '=', row[column] as string | number)
    count += Number((await update.executeTakeFirstOrThrow()).numUpdatedRows)
  }
  return count
}

/** Kysely's tuples ask for a number of members that is known when it compiles. */
const tuple = <T>(members: readonly T[]) => members as unknown as [never, never]

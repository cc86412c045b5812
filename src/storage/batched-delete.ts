import type { Transaction } from 'kysely'
import type { Tx } from './db.ts'
import type { Schema } from './schema.ts'

type Value = string | number
type AnySchema = Record<string, Record<string, Value>>

/** Rows of one table, all of which are to be deleted. */
export type RowsToDelete = {
  readonly table: keyof Schema
  /** Column → value that every one of the rows has. */
  readonly where: Readonly<Record<string, string>>
  /** The columns that, together with those of `where`, identify one row. */
  readonly key: readonly string[]
  /** Whether a row can have hundreds of kilobytes. Then the smallest statement deletes fewer rows. */
  readonly areLarge?: boolean
}

/**
 * What is left to delete after one batch.
 * - `more`: call `deleteBatch` again, because not all tables have been gone through.
 * - `leftovers`: all tables have been gone through, but rows remain that other transactions hold or have stored meanwhile.
 * - `done`: no row remains.
 */
export type BatchResult = 'more' | 'leftovers' | 'done'

export type BatchedDelete = {
  /**
   * Deletes the next batch of the rows in `parts`, in the order of `parts`. Calls with the same `id` continue each other; another `id`
   * begins again at the first part.
   */
  deleteBatch(tx: Tx, id: string, parts: readonly RowsToDelete[]): Promise<BatchResult>
}

/** How many milliseconds the statements of a batch may take. SQLite runs in the thread that answers requests, so requests wait as long. */
const batchMs = 6
const statementMs = 2

/**
 * A batch ends after this many rows. `batchMs` does not include the commit, which flushes all these rows to the disk, so their number is
 * limited even where statements are fast.
 */
const rowsPerBatch = 2000

/** The fewest rows of one statement. So many rows are worth a round trip to PostgreSQL, and do not take long on SQLite. */
const minRows = 64
const minLargeRows = 4
/** The most rows of one statement. */
const maxRows = 500

const minRowsOf = (part: RowsToDelete | undefined) => (part?.areLarge ? minLargeRows : minRows)

/**
 * The progress of one pass over all parts: the current part, the key of its last deleted row, and how many rows the next statement may
 * delete. The progress is in memory only. Another process, or this one after a restart, begins a new pass and finds the first tables empty.
 */
type Pass = { readonly id: string; part: number; after: RowKey | undefined; limit: number }

const newPass = (id: string, parts: readonly RowsToDelete[]): Pass => ({ id, part: 0, after: undefined, limit: minRowsOf(parts[0]) })

/** Deletes many rows in batches that take a few milliseconds each. */
export function createBatchedDelete(): BatchedDelete {
  let pass: Pass | undefined

  return {
    async deleteBatch(tx, id, parts) {
      const endsAt = performance.now() + batchMs
      let deleted = 0
      pass = pass?.id === id ? pass : newPass(id, parts)
      for (let part = parts[pass.part]; part !== undefined; part = parts[pass.part]) {
        const { count, isEmptied } = await runStatement(tx, pass, part)
        deleted += count
        if (isEmptied) Object.assign(pass, { part: pass.part + 1, after: undefined, limit: minRowsOf(parts[pass.part + 1]) })
        if (performance.now() >= endsAt || deleted >= rowsPerBatch) return 'more'
      }
      pass = undefined
      for (const part of parts) if (await hasRows(tx, part)) return 'leftovers'
      return 'done'
    },
  }
}

/** Runs one statement. Sets how many rows the next statement may delete, so that it takes about `statementMs`. */
async function runStatement(tx: Tx, pass: Pass, part: RowsToDelete): Promise<{ readonly count: number; readonly isEmptied: boolean }> {
  const startedAt = performance.now()
  const { count, last } = await deleteRows(tx, part, pass.after, pass.limit)
  if (count < pass.limit) return { count, isEmptied: true }
  const pace = Math.min(2, statementMs / (performance.now() - startedAt))
  pass.after = last
  pass.limit = Math.max(minRowsOf(part), Math.min(maxRows, Math.floor(pass.limit * pace)))
  return { count, isEmptied: false }
}

/** The key of a row, in the order of `RowsToDelete.key`. */
type RowKey = readonly Value[]

/**
 * Deletes up to `limit` of the rows, in the order of their keys, from the first one after `after`. Returns their count and the last key.
 * Skips rows that another transaction holds.
 * @NOTE Without `after`, PostgreSQL would step over all rows deleted so far to find the next one: they stay in the index until a vacuum.
 */
async function deleteRows(
  tx: Tx,
  { table, where, key }: RowsToDelete,
  after: RowKey | undefined,
  limit: number,
): Promise<{ readonly count: number; readonly last: RowKey | undefined }> {
  const anyTx = tx as unknown as Transaction<AnySchema>
  const columns = [...Object.keys(where), ...key]
  const rows = await anyTx
    // Materialized: otherwise a plan could run the inner select more than once and delete more than `limit` rows.
    .with(
      (cte) => cte('batch').materialized(),
      (db) => {
        let query = db.selectFrom(table).select(columns).limit(limit).forUpdate().skipLocked()
        for (const [column, value] of Object.entries(where)) query = query.where(column, '=', value)
        for (const column of key) query = query.orderBy(column)
        if (after === undefined) return query
        return query.where((eb) => eb(eb.refTuple(...tuple(key)), '>', eb.tuple(...tuple(after))))
      },
    )
    .deleteFrom(table)
    .where((eb) => eb(eb.refTuple(...tuple(columns)), 'in', eb.selectFrom('batch').select(columns) as never))
    .returning([...key])
    .execute()
  const keys = rows.map((row) => key.map((column) => row[column] as Value))
  return { count: rows.length, last: keys.length === 0 ? undefined : keys.reduce((a, b) => (compare(a, b) < 0 ? b : a)) }
}

/** Whether any of the rows is left. Rows that another transaction holds count. */
async function hasRows(tx: Tx, { table, where }: RowsToDelete): Promise<boolean> {
  let query = (tx as unknown as Transaction<AnySchema>).selectFrom(table).select(Object.keys(where)).limit(1)
  for (const [column, value] of Object.entries(where)) query = query.where(column, '=', value)
  return (await query.executeTakeFirst()) !== undefined
}

/** Kysely's tuples need a length that is known to the compiler. */
const tuple = (members: readonly Value[]) => members as unknown as [never, never]

/** Compares keys as both engines do: text byte by byte. */
function compare(a: RowKey, b: RowKey): number {
  for (const [at, left] of a.entries()) {
    const right = b[at] as Value
    const order =
      typeof left === 'number' && typeof right === 'number'
        ? left - right
        : Buffer.compare(Buffer.from(String(left)), Buffer.from(String(right)))
    if (order !== 0) return order
  }
  return 0
}

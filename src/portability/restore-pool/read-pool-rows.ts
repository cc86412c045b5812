import type { Schema } from '../../storage/schema.ts'
import type { BackupContent, BackupPart, BackupRow } from '../backup-rows.ts'
import { tablesOfEverything } from '../copied-tables.ts'
import { PortabilityError } from '../portability-error.ts'
import { inBatches, sizeOf } from '../row-batches.ts'

/** The columns of each table of the database. */
export type Columns = ReadonlyMap<string, ReadonlySet<string>>

export type PoolRows = { readonly table: keyof Schema; readonly rows: readonly BackupRow[] }

/** The largest rows are those of logos and of chunks of imported files; none of them has a quarter of this. In UTF-16 units. */
const largestRow = 8 * 1024 * 1024

/** What is given at once. */
const given = { rows: 500, size: 4 * 1024 * 1024 }

type Source = {
  readonly scope: BackupContent['head']['scope']
  readonly parts: AsyncIterable<BackupPart>
  readonly poolId: string
  readonly columns: Columns
}

/**
 * The rows of one pool in a backup. Those of other pools are left out where the backup has everything. The row of the pool itself comes
 * first.
 * @throws PortabilityError when the backup lacks the pool, or has a row that the database cannot have had
 */
export async function* readPoolRows(source: Source): AsyncGenerator<PoolRows> {
  const { scope, poolId } = source
  if (scope.kind === 'pool' && scope.poolId !== poolId) throw otherPool(scope.poolId, poolId)
  let isFound = false
  for await (const part of source.parts) {
    const poolColumn = poolColumnOf(part.table, scope)
    if (poolColumn === undefined) continue
    const wanted = filtered(part.rows, (row) => isOfPool(source, { table: part.table, poolColumn, row }))
    for await (const rows of inBatches(wanted, given)) {
      isFound ||= part.table === 'user_pool'
      if (!isFound) throw lacksPool(poolId)
      yield { table: part.table, rows }
    }
  }
  if (!isFound) throw lacksPool(poolId)
}

/** Undefined when no row of the table belongs to a pool. */
function poolColumnOf(table: string, scope: Source['scope']): string | undefined {
  const known = tablesOfEverything.find((each) => each.table === table)
  if (known === undefined || (known.poolColumn === undefined && scope.kind === 'pool'))
    throw new PortabilityError(`The backup has the table ${shown(table)}, which does not belong to a user pool.`)
  // A deleted pool cannot be restored from a backup: some of its rows may have been removed before.
  return table === 'deleted_pool' ? undefined : known.poolColumn
}

function isOfPool({ scope, poolId, columns }: Source, { table, poolColumn, row }: { table: string; poolColumn: string; row: BackupRow }) {
  if (row[poolColumn] !== poolId) {
    if (scope.kind === 'everything') return false
    throw new PortabilityError(`The backup of the user pool ${poolId} has a row of another pool in its table ${table}.`)
  }
  requireColumns(table, row, columns.get(table) ?? new Set())
  return true
}

function requireColumns(table: string, row: BackupRow, known: ReadonlySet<string>): void {
  const names = Object.keys(row)
  const unknown = names.find((name) => !known.has(name))
  if (unknown !== undefined) throw new PortabilityError(`The backup has an unknown column ${shown(unknown)} in its table ${table}.`)
  if (names.length < known.size) {
    const missing = [...known].find((name) => !Object.hasOwn(row, name))
    throw new PortabilityError(`The backup has a row without the column ${missing} in its table ${table}.`)
  }
  const isWrong = (value: unknown) => value !== null && typeof value !== 'string' && typeof value !== 'number'
  if (Object.values(row).some(isWrong)) throw new PortabilityError(`The backup has a row with a malformed value in its table ${table}.`)
  if (sizeOf(row) > largestRow) throw new PortabilityError(`The backup has a row in its table ${table} that is too large.`)
}

async function* filtered(batches: BackupPart['rows'], isWanted: (row: BackupRow) => boolean): BackupPart['rows'] {
  for await (const rows of batches) yield rows.filter(isWanted)
}

/** A name from the file, short and without control characters. */
const shown = (name: string): string => JSON.stringify(name.slice(0, 60))

function lacksPool(poolId: string): PortabilityError {
  return new PortabilityError(`The backup does not have the user pool ${poolId}.`)
}

function otherPool(has: string, wanted: string): PortabilityError {
  return new PortabilityError(`The backup has the user pool ${has}, not ${wanted}.`)
}

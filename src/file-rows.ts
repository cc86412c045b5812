import { type Clock, systemClock } from './base/clock.ts'
import type { OpenedDatabase } from './open-database.ts'
import type { RowPart } from './portability/pool-file/described-rows.ts'
import { areUnchanged } from './portability/pool-file/read-files.ts'
import { canRenew, renewRows } from './portability/pool-file/renew-rows.ts'
import { sizeOf } from './portability/row-batches.ts'
import { type Described, runDescribe } from './run-apply.ts'
import { sealedTables } from './sealed-tables.ts'
import type { Settings } from './settings.ts'
import type { Passwords } from './users/passwords/passwords.ts'

/** What fills an empty database with what the files describe. */
export type Filling = Pick<Described, 'outcome'> & { readonly parts: readonly RowPart[] }

/** The rows that pool files describe. They are kept for the next reset. */
export type FileRows = {
  /**
   * Makes the rows from the files.
   * @throws PoolFileError when a file has a mistake
   */
  make(clock: Clock): Promise<Filling>
  /**
   * The rows as of now, by the machine's time: the kept ones, renewed, unless something may have changed since they were made.
   * @throws PoolFileError when a file has a mistake
   */
  renew(passwords: Passwords): Promise<Filling>
}

type Options = { readonly database: OpenedDatabase; readonly settings: Settings; readonly place: string }

/** What is kept at most. The size is in UTF-16 units. */
const mostRows = 10_000
const largestSize = 8 * 1024 * 1024

/** Kept rows are used for so long. Times inside their JSON values stay as they are, and must still make sense. */
const lifetimeMs = 10 * 60_000

export function createFileRows({ database, settings, place }: Options): FileRows {
  let kept: Described | undefined

  async function make(clock: Clock): Promise<Filling> {
    kept = undefined
    // The settings have no secret of the server in the environment that files refer to. It never changes while the process runs.
    const described = await runDescribe({ database, settings, clock, place, env: settings.functionEnvironment })
    if (isKeepable(described)) kept = described
    return { outcome: described.outcome, parts: described.rows.parts }
  }

  return {
    make,
    async renew(passwords) {
      const now = systemClock.now()
      if (kept === undefined || !isYoung(kept, now) || !areUnchanged(place, kept.files)) return make(systemClock)
      const { secrets } = database
      return { outcome: kept.outcome, parts: await renewRows(kept.rows, { now, secrets, passwords, sealedTables }) }
    },
  }
}

/** What providers publish may change between two resets, so it is asked for again. */
function isKeepable({ rows, hasAskedProviders }: Described): boolean {
  return !hasAskedProviders && isSmall(rows.parts) && canRenew(rows)
}

function isSmall(parts: readonly RowPart[]): boolean {
  let [rowCount, size] = [0, 0]
  for (const { rows } of parts) {
    rowCount += rows.length
    for (const row of rows) size += sizeOf(row)
  }
  return rowCount <= mostRows && size <= largestSize
}

function isYoung({ rows: { madeAt } }: Described, now: number): boolean {
  return now >= madeAt && now < madeAt + lifetimeMs
}

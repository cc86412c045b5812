import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import { createFileRows, type FileRows, type Filling } from './file-rows.ts'
import type { OpenedDatabase } from './open-database.ts'
import { findFilledTable } from './portability/filled-table.ts'
import { insertParts } from './portability/pool-file/described-rows.ts'
import { PoolFileError } from './portability/pool-file/read-files.ts'
import { takeTurn } from './portability/pool-file/turn.ts'
import { runApply } from './run-apply.ts'
import { type Settings, SettingsError } from './settings.ts'
import type { Tx } from './storage/db.ts'
import type { Passwords } from './users/passwords/passwords.ts'

/** Empties the database, and fills it in the same transaction. */
export type Reset = (fill: (tx: Tx) => Promise<unknown>) => Promise<void>

/** The pool files of `dev --apply`. */
export type AppliedFiles = {
  /**
   * Runs the reset, and fills the database with what the files describe. With a mistake in a file, the database stays empty and the mistake
   * is logged. `passwords` are those of the server.
   */
  resetWith(reset: Reset, passwords: Passwords): Promise<void>
  close(): Promise<void>
}

type Options = {
  readonly database: OpenedDatabase
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
  /** The file, or the folder with files. */
  readonly place: string
}

type Run = Options & { readonly rows: FileRows }

/** An editor writes a file in several steps. */
const settleMs = 100

/**
 * Applies the files, now and each time that they change.
 * @throws SettingsError when a file has a mistake
 */
export async function openAppliedFiles(options: Options): Promise<AppliedFiles> {
  const run: Run = { ...options, rows: createFileRows(options) }
  await applyAtStart(run).catch((error: unknown) => {
    throw error instanceof PoolFileError ? new SettingsError(`--apply: ${error.message}`) : error
  })
  let running = Promise.resolve()
  const inOrder = (work: () => Promise<void>) => {
    const done = running.then(work)
    running = done.catch(() => undefined)
    return done
  }
  const again = () => inOrder(() => apply(run).catch((error: unknown) => logFailure(options.logger, error)))
  let timer: NodeJS.Timeout | undefined
  const watcher = watchPlace(options.place, () => {
    clearTimeout(timer)
    timer = setTimeout(again, settleMs)
  })
  watcher.on('error', (error) => logFailure(options.logger, error))
  return {
    resetWith: (reset, passwords) => inOrder(() => resetAndFill(run, reset, passwords)),
    async close() {
      clearTimeout(timer)
      watcher.close()
      await running
    },
  }
}

/** Into an empty database the files are put as rows, which are kept for the first reset. Applying them would compute everything twice. */
async function applyAtStart(run: Run): Promise<void> {
  const isEmpty = (await findFilledTable(run.database.storage.db)) === undefined
  if (isEmpty && (await fillEmpty(run))) return
  await apply(run)
}

/** False when another process has filled the database meanwhile. */
async function fillEmpty(run: Run): Promise<boolean> {
  const { db, engine, announceChange } = run.database.storage
  const turn = await takeTurn(db)
  try {
    if ((await findFilledTable(db)) !== undefined) return false
    const { parts, outcome } = await run.rows.make(run.clock)
    turn.require()
    await db.transaction().execute((tx) => insertParts(tx, engine, parts))
    await announceChange()
    logOutcome(run, outcome)
    return true
  } finally {
    await turn.end()
  }
}

async function apply(run: Run): Promise<void> {
  const { database, settings, clock, place } = run
  const env = settings.functionEnvironment
  logOutcome(run, await runApply({ database, settings, clock, place, env, isPlan: false, prunes: false }))
}

async function resetAndFill(run: Run, reset: Reset, passwords: Passwords): Promise<void> {
  const { logger, rows, database } = run
  const log = (error: unknown) => logFailure(logger, error)
  const turn = await takeTurn(database.storage.db).catch(log)
  try {
    const filling = turn && (await rows.renew(passwords).catch(log))
    const fill = async (tx: Tx) => filling && insertParts(tx, database.storage.engine, filling.parts)
    // A request that ran meanwhile may have stored a row that is in the way. The second time, the row is there to be deleted.
    await reset(fill).catch(() => reset(fill))
    if (filling) logOutcome(run, filling.outcome)
  } finally {
    await turn?.end()
  }
}

function logOutcome({ logger, place }: Run, { text, hasWork }: Filling['outcome']): void {
  if (hasWork) logger.info({ file: place }, `Applied ${place}: ${text.split('\n').at(-1)}`)
}

function logFailure(logger: Logger, error: unknown): undefined {
  if (error instanceof PoolFileError) logger.error(`The files were not applied: ${error.message}`)
  else logger.error({ err: error }, 'The files were not applied.')
}

/** Editors replace a file by another one, so its folder is watched. */
function watchPlace(place: string, onChange: () => void): FSWatcher {
  if (statSync(place).isDirectory()) return watch(place, { persistent: false }, onChange)
  const name = basename(place)
  return watch(dirname(place), { persistent: false }, (_event, changed) => {
    if (changed === name || changed === null) onChange()
  })
}

import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { OpenedDatabase } from './open-database.ts'
import { PoolFileError } from './portability/pool-file/read-files.ts'
import { runApply } from './run-apply.ts'
import { type Settings, SettingsError } from './settings.ts'

/** The pool files of `dev --apply`. */
export type AppliedFiles = {
  /** Applies the files again. Resolves when that is done. An error is logged. */
  again(): Promise<void>
  close(): Promise<void>
}

type Options = {
  readonly database: OpenedDatabase
  readonly settings: Settings
  readonly clock: Clock
  readonly logger: Logger
}

/** An editor writes a file in several steps. */
const settleMs = 100

/**
 * Applies the files that the settings name, now and each time that they change.
 * @throws SettingsError when a file has a mistake
 */
export async function openAppliedFiles(options: Options): Promise<AppliedFiles | undefined> {
  const place = options.settings.applyFile
  if (place === undefined) return undefined
  await applyOnce(options, place).catch((error: unknown) => {
    throw error instanceof PoolFileError ? new SettingsError(`--apply: ${error.message}`) : error
  })
  let running = Promise.resolve()
  const again = () => {
    running = running.then(() => applyOnce(options, place)).catch((error: unknown) => logFailure(options.logger, error))
    return running
  }
  let timer: NodeJS.Timeout | undefined
  const watcher = watchPlace(place, () => {
    clearTimeout(timer)
    timer = setTimeout(again, settleMs)
  })
  watcher.on('error', (error) => logFailure(options.logger, error))
  return {
    again,
    async close() {
      clearTimeout(timer)
      watcher.close()
      await running
    },
  }
}

/** The settings have no secret of the server in the environment that files refer to. */
async function applyOnce({ database, settings, clock, logger }: Options, place: string): Promise<void> {
  const env = settings.functionEnvironment
  const { text, hasWork } = await runApply({ database, settings, clock, place, env, isPlan: false, prunes: false })
  const lines = text.split('\n')
  if (hasWork) logger.info({ file: place }, `Applied ${place}: ${lines.at(-1)}`)
}

function logFailure(logger: Logger, error: unknown): void {
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

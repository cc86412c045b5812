import { setTimeout as delay } from 'node:timers/promises'
import type { OpenedDatabase } from '../open-database.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { readSettings, type Settings, type SettingsError } from '../settings.ts'
import type { CommandCall } from './command.ts'

/** How long work may go on when it has to stop, in milliseconds. Its next statement fails. */
const stopMs = 5000

type Options = {
  /** Whether the work itself notices that the master key is changed or the database restored. */
  readonly followsMasterKey?: boolean
}

/**
 * Opens the database for one piece of work. The modules of the database are loaded after the settings are read, so that a wrong flag is
 * reported at once.
 * @throws SettingsError when the master key was changed to one that is not given, or the database is being restored: the work would store
 *   values that no server can open, or get lost
 */
export async function withOpenedDatabase(
  call: CommandCall,
  ownFlags: readonly SettingSpec[],
  work: (database: OpenedDatabase, settings: Settings) => Promise<void>,
  { followsMasterKey = false }: Options = {},
): Promise<void> {
  const settings = readSettings({ ...call, command: 'keys', ownFlags })
  const [{ openDatabase }, { createLogger }, { watchMasterKey }] = await Promise.all([
    import('../open-database.ts'),
    import('../base/logger.ts'),
    import('../master-key-watch.ts'),
  ])
  const logger = createLogger({ level: 'silent', format: 'json' })
  const database = await openDatabase(settings, logger)
  const watch = followsMasterKey ? undefined : watchMasterKey(database, logger)
  const running = work(database, settings)
  let failure: SettingsError | undefined
  try {
    failure = (await (watch === undefined ? running : Promise.race([running, watch.failed]))) ?? undefined
  } finally {
    await watch?.close()
    // The work notices that its database is closed, and ends what it has begun.
    if (failure === undefined) await database.storage.close()
    else await Promise.race([Promise.allSettled([running, database.storage.close()]), delay(stopMs, undefined, { ref: false })])
  }
  if (failure !== undefined) throw failure
}

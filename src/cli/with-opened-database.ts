import type { OpenedDatabase } from '../open-database.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { readSettings, type Settings } from '../settings.ts'
import type { CommandCall } from './command.ts'

/**
 * Opens the database for one piece of work. The modules of the database are loaded after the settings are read, so that a wrong flag is
 * reported at once.
 */
export async function withOpenedDatabase(
  call: CommandCall,
  ownFlags: readonly SettingSpec[],
  work: (database: OpenedDatabase, settings: Settings) => Promise<void>,
): Promise<void> {
  const settings = readSettings({ ...call, command: 'keys', ownFlags })
  const [{ openDatabase }, { createLogger }] = await Promise.all([import('../open-database.ts'), import('../base/logger.ts')])
  const database = await openDatabase(settings, createLogger({ level: 'silent', format: 'json' }))
  try {
    await work(database, settings)
  } finally {
    await database.storage.close()
  }
}

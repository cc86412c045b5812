import type { OpenedDatabase } from '../open-database.ts'
import type { SettingSpec } from '../setting-spec.ts'
import { readSettings } from '../settings.ts'
import type { Call } from './command.ts'

/** Opens the database and its keys for one piece of work. The modules are loaded late, so that a bad flag is told at once. */
export async function withOpenedDatabase(
  call: Call,
  ownFlags: readonly SettingSpec[],
  work: (database: OpenedDatabase) => Promise<void>,
): Promise<void> {
  const settings = readSettings({ ...call, command: 'keys', ownFlags })
  const [{ openDatabase }, { createLogger }] = await Promise.all([import('../open-database.ts'), import('../base/logger.ts')])
  const database = await openDatabase(settings, createLogger({ level: 'silent', form: 'json' }))
  try {
    await work(database)
  } finally {
    await database.storage.close()
  }
}

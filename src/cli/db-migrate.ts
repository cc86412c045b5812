import type { Logger } from '../base/logger.ts'
import { flag, type SettingSpec } from '../setting-spec.ts'
import { readSettings, type Settings } from '../settings.ts'
import { type Command, readOperands, readOwnFlag } from './command.ts'

const ownFlags: readonly SettingSpec[] = [{ flag: 'dry-run', type: flag, help: 'List the migrations that would run, and run none.' }]

export const dbMigrate: Command = {
  name: 'db migrate',
  summary:
    'Run the missing migrations of the database and list them. A running migration of another process is waited for. No master key is needed.',
  ownFlags,
  endsAtOnce: true,

  async run(call) {
    readOperands(call, ownFlags, 0)
    const isDryRun = readOwnFlag(call, ownFlags, 'dry-run')
    const settings = readSettings({ ...call, command: 'db', ownFlags })
    const [{ countOf, withSettingsErrors }, { createLogger }] = await Promise.all([
      import('../open-database.ts'),
      import('../base/logger.ts'),
    ])
    const logger = createLogger({ level: 'silent', format: 'json' })
    const names = await withSettingsErrors(settings, () => (isDryRun ? findMissing(settings, logger) : migrate(settings, logger)))
    for (const name of names) console.log(isDryRun ? `Would run ${name}` : `Ran ${name}`)
    const count = names.length === 0 ? 'no migration' : countOf(names.length, 'migration')
    console.log(isDryRun ? `${count} would run.` : `The schema is up to date: ${count} ran.`)
    return undefined
  },
}

async function migrate(settings: Settings, logger: Logger): Promise<readonly string[]> {
  const { openConfiguredStorage } = await import('../open-database.ts')
  const storage = await openConfiguredStorage(settings, logger)
  try {
    return await storage.migrate()
  } finally {
    await storage.close()
  }
}

/** A missing database that may be created lacks all migrations. */
async function findMissing(settings: Settings, logger: Logger): Promise<readonly string[]> {
  const [{ openConfiguredStorage }, { EmptyDatabaseError }, { migrations }] = await Promise.all([
    import('../open-database.ts'),
    import('../storage/storage-error.ts'),
    import('../storage/migrations/migrations.ts'),
  ])
  try {
    const storage = await openConfiguredStorage(settings, logger, { readOnly: true })
    try {
      return await storage.missingMigrations()
    } finally {
      await storage.close()
    }
  } catch (error) {
    if (error instanceof EmptyDatabaseError && settings.createDatabase) return migrations.map(({ name }) => name)
    throw error
  }
}

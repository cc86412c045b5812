import { open } from 'node:fs/promises'
import type { BackupContent } from '../portability/backup-rows.ts'
import type { Opening } from '../portability/container/sealing.ts'
import { flag, type SettingSpec } from '../setting-spec.ts'
import { readSettings, type Settings, SettingsError } from '../settings.ts'
import type { Storage } from '../storage/open-storage.ts'
import { type Command, readOperands, readOwnFlag } from './command.ts'
import { createProgress } from './progress.ts'
import { poolFlags, readPoolOrder, restoreOnePool } from './restore-pool.ts'
import { openingFlags, readOpening } from './sealing-flags.ts'
import { withPortabilityErrors } from './with-portability-errors.ts'

const ownFlags: readonly SettingSpec[] = [
  ...openingFlags,
  ...poolFlags,
  {
    flag: 'overwrite',
    type: flag,
    help: 'Delete everything that the database has; stop all servers before. With --pool: replace the pool that has the id.',
  },
]

export const restore: Command = {
  name: 'restore',
  operands: 'FILE',
  summary:
    'Restore a backup of everything into an empty database of either engine, under --master-key-file, or one user pool (--pool) beside running servers. Nothing is changed unless the whole file is intact. No server starts on the database until the command has ended. It can be stopped at any moment and run again.',
  ownFlags,
  endsAtOnce: true,

  async run(call) {
    const [file = ''] = readOperands(call, ownFlags, 1)
    const overwrite = readOwnFlag(call, ownFlags, 'overwrite')
    const settings = readSettings({ ...call, command: 'keys', ownFlags })
    const opening = readOpening(call, ownFlags)
    const order = readPoolOrder(call, ownFlags)
    if (order !== undefined) {
      const withContent = <T>(use: (content: BackupContent) => Promise<T>) => withBackupFile(file, opening, use)
      await withPortabilityErrors(() => restoreOnePool(call, ownFlags, { ...order, overwrite, withContent }))
      return undefined
    }
    await withBackupFile(file, opening, async (content) => {
      const rows = await restoreContent(settings, content, overwrite)
      console.log(JSON.stringify({ time: new Date().toISOString(), action: 'RestoreBackup', rows }))
    })
    console.error('Done: servers can start on the database with this master key.')
    return undefined
  },
}

/** @throws SettingsError when the file cannot be opened, is damaged, or its content cannot be restored */
async function withBackupFile<T>(path: string, opening: Opening, use: (content: BackupContent) => Promise<T>): Promise<T> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new SettingsError(`${path} ${error.code === 'ENOENT' ? 'does not exist.' : `cannot be read (${error.code}).`}`)
  })
  try {
    const { openContainer } = await import('../portability/container/read-container.ts')
    return await withPortabilityErrors(async () => use(await openContainer(file, opening)))
  } finally {
    await file.close()
  }
}

async function restoreContent(settings: Settings, content: BackupContent, overwrite: boolean): Promise<number> {
  const [database, { createLogger }, { masterKeyPollMs }, { sealedTables }, { systemClock }, { requireRestorable, restoreEverything }] =
    await Promise.all([
      import('../open-database.ts'),
      import('../base/logger.ts'),
      import('../master-key-watch.ts'),
      import('../sealed-tables.ts'),
      import('../base/clock.ts'),
      import('../portability/restore/restore.ts'),
    ])
  requireRestorable(content)
  const keyRing = database.loadKeyRing(settings)
  return database.withSettingsErrors(settings, async () => {
    const storage = await database.openConfiguredStorage(settings, createLogger({ level: 'silent', format: 'json' }))
    try {
      await requireNewOrCurrent(storage)
      await storage.migrate()
      return await restoreEverything({
        storage,
        keyRing,
        sealedTables,
        content,
        clock: systemClock,
        overwrite,
        quietMs: 2 * masterKeyPollMs,
        onProgress: createProgress((rows) => `${rows} rows were restored so far.`),
      })
    } finally {
      await storage.close()
    }
  })
}

/** A refused restore changes nothing, so it must not have migrated the database of another release. */
async function requireNewOrCurrent(storage: Storage): Promise<void> {
  const [missing, { migrations }] = await Promise.all([storage.missingMigrations(), import('../storage/migrations/migrations.ts')])
  if (missing.length === 0 || missing.length === migrations.length) return
  throw new SettingsError(
    '--database: the database has the schema of an older release. Restore into a new database, or run first: lifeguard db migrate',
  )
}

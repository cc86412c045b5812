import { join } from 'node:path'
import { loadMasterKey, loadPreviousMasterKey } from './base/configured-keys.ts'
import { openDataFolder } from './base/data-folder.ts'
import type { Logger } from './base/logger.ts'
import { createKeyRing, type KeyRing, type Secrets } from './base/secrets.ts'
import { type Settings, SettingsError } from './settings.ts'
import { DatabaseUnavailableError } from './storage/database-unavailable-error.ts'
import type { TimeStatement } from './storage/dialect/backend.ts'
import { ensureMasterKeyProof, findMasterKeyRows } from './storage/installation-repository.ts'
import { openStorage, type Storage } from './storage/open-storage.ts'
import { EmptyDatabaseError, StorageError } from './storage/storage-error.ts'

/** The migrated database, and the keys that open its sealed values. */
export type OpenedDatabase = {
  readonly storage: Storage
  readonly secrets: Secrets
  readonly keyRing: KeyRing
  /** The names of the migrations that ran when the database was opened. */
  readonly migrations: readonly string[]
}

/** @throws SettingsError when the database cannot be opened, or when no given master key is the one of the database */
export async function openDatabase(settings: Settings, logger: Logger, timeStatement?: TimeStatement): Promise<OpenedDatabase> {
  if (settings.mode === 'dev') openDataFolder(settings.data)
  const keyRing = loadKeyRing(settings)
  return withSettingsErrors(settings, async () => {
    const storage = await openConfiguredStorage(settings, logger, { timeStatement })
    try {
      const migrations = settings.migrate ? await storage.migrate() : await requireMigrated(storage)
      await proveMasterKey(storage, keyRing)
      return { storage, secrets: keyRing.secrets, keyRing, migrations }
    } catch (error) {
      await storage.close()
      throw error
    }
  })
}

/** The keys that the settings name. @throws SettingsError when a key cannot be read, or when both keys are the same */
export function loadKeyRing(settings: Settings): KeyRing {
  const keyRing = createKeyRing(loadMasterKey(settings), loadPreviousMasterKey(settings))
  if (keyRing.proofs.current !== keyRing.proofs.previous) return keyRing
  throw new SettingsError(
    '--previous-master-key-file: this is the same key as the master key. Leave the setting out, or name the previous key.',
  )
}

type ConfiguredStorageOptions = {
  readonly readOnly?: boolean
  /** Whether an empty PostgreSQL is opened even with `readOnly`. */
  readonly acceptEmpty?: boolean
  readonly timeStatement?: TimeStatement | undefined
}

/** Opens the database that the settings name, without any change of its schema. `readOnly` leaves it untouched altogether. */
export function openConfiguredStorage(
  settings: Settings,
  logger: Logger,
  { readOnly = false, acceptEmpty = false, timeStatement }: ConfiguredStorageOptions = {},
): Promise<Storage> {
  const { mode } = settings
  return openStorage({
    url: databaseUrl(settings),
    logger,
    ...(timeStatement && { timeStatement }),
    statementSeconds: settings.databaseStatementSeconds,
    // Commands that do not run a server do not wait for the database, so their user sees at once that it cannot be reached.
    waitSeconds: readOnly || mode === 'keys' || mode === 'db' ? 0 : settings.databaseWaitSeconds,
    create: acceptEmpty || (!readOnly && mayCreate(settings)),
    readOnly,
  })
}

export function databaseUrl({ database, data }: Settings): string {
  return database ?? `sqlite:${join(data, 'lifeguard.db')}`
}

/** Whether a missing or empty database counts as a new installation, so that it may be created. */
export function mayCreate({ mode, createDatabase, migrate }: Settings): boolean {
  if (mode === 'db') return createDatabase
  return migrate && (mode !== 'serve' || createDatabase)
}

/** Runs work on the database. @throws SettingsError when the database is the reason why the work fails */
export async function withSettingsErrors<T>(settings: Settings, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof EmptyDatabaseError) throw new SettingsError(`--database: ${error.message} ${emptyAdvice(settings)}`)
    if (error instanceof StorageError || error instanceof DatabaseUnavailableError) throw new SettingsError(`--database: ${error.message}`)
    throw error
  }
}

function emptyAdvice({ mode, migrate }: Settings): string {
  const ways =
    mode === 'db' || !migrate
      ? 'run: lifeguard db migrate --create-database.'
      : 'create an access key first (lifeguard keys create) or start once with --create-database.'
  return `For a new installation, ${ways} Otherwise check the address, the volume or the restored backup.`
}

/**
 * Requires that the schema is up to date. Returns an empty list, because no migration ran.
 * @throws SettingsError when the database lacks migrations
 */
async function requireMigrated(storage: Storage): Promise<readonly []> {
  const missing = await storage.missingMigrations()
  if (missing.length > 0) throw lacksMigrations(missing)
  return []
}

export function lacksMigrations(missing: readonly string[]): SettingsError {
  const names = missing.length <= 3 ? ` (${missing.join(', ')})` : ''
  return new SettingsError(
    `--migrate=false: the database lacks ${countOf(missing.length, 'migration')}${names}. Run them first: lifeguard db migrate`,
  )
}

/** The count and the noun, with an s unless the count is 1: `1 migration`, `2 migrations`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/**
 * The first start stores a keyed hash of the master key. A process is rejected when none of its master keys has the stored hash: no
 * other server could open the values that the process would seal.
 */
async function proveMasterKey({ db }: Storage, keyRing: KeyRing): Promise<void> {
  const { isBeingRestored } = await findMasterKeyRows(db)
  if (isBeingRestored) throw beingRestored()
  await ensureMasterKeyProof(db, keyRing.proofs.current)
  if (!keyRing.adopt(await findMasterKeyRows(db))) throw wrongMasterKey()
}

export function beingRestored(): SettingsError {
  return new SettingsError('--database: a restore into this database has not ended. Wait for it, or run it again: lifeguard restore')
}

export function wrongMasterKey(): SettingsError {
  return new SettingsError(
    '--master-key: this is not the master key of the database. Use the key that it was created with or last changed to, or use another database.',
  )
}

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
export type OpenedDatabase = { readonly storage: Storage; readonly secrets: Secrets; readonly keyRing: KeyRing }

/** @throws SettingsError when the database cannot be opened, or when no given master key is the one of the database */
export async function openDatabase(settings: Settings, logger: Logger, timeStatement?: TimeStatement): Promise<OpenedDatabase> {
  if (settings.mode === 'dev') openDataFolder(settings.data)
  const keyRing = createKeyRing(loadMasterKey(settings), loadPreviousMasterKey(settings))
  if (keyRing.proofs.current === keyRing.proofs.previous) {
    throw new SettingsError(
      '--previous-master-key-file: this is the same key as the master key. Leave the setting out, or name the previous key.',
    )
  }
  const url = settings.database ?? `sqlite:${join(settings.data, 'lifeguard.db')}`
  try {
    const storage = await openStorage({
      url,
      logger,
      ...(timeStatement && { timeStatement }),
      statementSeconds: settings.databaseStatementSeconds,
      // A command of `keys` does not wait, so its user sees at once that the database cannot be reached.
      waitSeconds: settings.mode === 'keys' ? 0 : settings.databaseWaitSeconds,
      create: settings.mode !== 'serve' || settings.createDatabase,
    })
    try {
      await storage.migrate()
      await proveMasterKey(storage, keyRing)
      return { storage, secrets: keyRing.secrets, keyRing }
    } catch (error) {
      await storage.close()
      throw error
    }
  } catch (error) {
    if (error instanceof EmptyDatabaseError) throw new SettingsError(`--database: ${error.message} ${emptyAdvice}`)
    if (error instanceof StorageError || error instanceof DatabaseUnavailableError) throw new SettingsError(`--database: ${error.message}`)
    throw error
  }
}

const emptyAdvice =
  'For a new installation, create an access key first (lifeguard keys create) or start once with --create-database. Otherwise check the address, the volume or the restored backup.'

/**
 * The first start stores a keyed hash of the master key. A process is rejected when none of its master keys has the stored hash: no
 * other server could open the values that the process would seal.
 */
async function proveMasterKey({ db }: Storage, keyRing: KeyRing): Promise<void> {
  await ensureMasterKeyProof(db, keyRing.proofs.current)
  if (keyRing.adopt(await findMasterKeyRows(db))) return
  throw new SettingsError(
    '--master-key: this is not the master key of the database. Use the key that it was created with or last changed to, or use another database.',
  )
}

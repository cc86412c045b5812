import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createLogger } from '../../base/logger.ts'
import {
  countOf,
  databaseUrl,
  lacksMigrations,
  mayCreate,
  openConfiguredStorage,
  withSettingsErrors,
  wrongMasterKey,
} from '../../open-database.ts'
import type { Settings } from '../../settings.ts'
import { findMasterKeyRows } from '../../storage/installation-repository.ts'
import type { Storage } from '../../storage/open-storage.ts'
import { EmptyDatabaseError } from '../../storage/storage-error.ts'
import { findKeyRing } from './check-keys.ts'
import { error, type Finding, ok, tryToFind, warning } from './finding.ts'

/** Opens the database for reading only, and looks at its schema and at the master key that it belongs to. */
export async function checkDatabase(settings: Settings): Promise<readonly Finding[]> {
  if (settings.database === undefined && settings.mode !== 'dev') return []
  const findings: Finding[] = [...permissionFindings(settings)]
  await tryToFind(findings, () =>
    withSettingsErrors(settings, async () => {
      const storage = await openUnlessNew(settings)
      if (storage === undefined) {
        if (findings.length === 0) findings.push(ok('--database: it is missing or empty. The start creates it.'))
        return
      }
      try {
        findings.push(...(await schemaFindings(storage, settings)), ...(await keyFindings(storage, settings)))
      } finally {
        await storage.close()
      }
    }),
  )
  return findings
}

async function openUnlessNew(settings: Settings): Promise<Storage | undefined> {
  try {
    return await openConfiguredStorage(settings, createLogger({ level: 'silent', format: 'json' }), { readOnly: true })
  } catch (thrown) {
    if (thrown instanceof EmptyDatabaseError && mayCreate(settings)) return undefined
    throw thrown
  }
}

async function schemaFindings(storage: Storage, settings: Settings): Promise<readonly Finding[]> {
  const missing = await storage.missingMigrations()
  const name = nameOf(settings)
  if (missing.length === 0) return [ok(`--database: ${name} can be read, and its schema is up to date.`)]
  if (!settings.migrate) return [error(lacksMigrations(missing).message)]
  return [ok(`--database: ${name} can be read. The start runs ${countOf(missing.length, 'migration')} (${missing.join(', ')}).`)]
}

async function keyFindings({ db }: Storage, settings: Settings): Promise<readonly Finding[]> {
  const keyRing = findKeyRing(settings)
  if (keyRing === undefined) return []
  const rows = await findMasterKeyRows(db)
  if (rows.proof === '') return [ok('--master-key: the database has no master key yet. The start binds it to this one.')]
  if (!keyRing.adopt(rows)) return [error(wrongMasterKey().message)]
  if (rows.changedFrom === undefined) return [ok('--master-key: the master key is the one of the database.')]
  return [warning('--master-key: a change of the master key is not finished. Run: lifeguard keys rotate-master')]
}

/** The database without user name, password and parameters. */
function nameOf(settings: Settings): string {
  const url = databaseUrl(settings)
  if (url.startsWith('sqlite:')) return url.slice('sqlite:'.length)
  const { host, pathname } = new URL(url)
  return `${host || 'localhost'}${pathname}`
}

/** Checks that SQLite may write to the database file, and may create its other files in the same folder. */
function permissionFindings(settings: Settings): readonly Finding[] {
  const url = databaseUrl(settings)
  if (!url.startsWith('sqlite:')) return []
  const file = resolve(url.slice('sqlite:'.length))
  const folder = dirname(file)
  // The server creates the folder when it starts, if only the last folder of the path is missing.
  const places = [file, existsSync(folder) ? folder : dirname(folder)]
  return places.flatMap((place) => {
    const isMissingFile = place === file && !existsSync(file)
    return isMissingFile || isWritable(place)
      ? []
      : [error(`--database: ${place} ${existsSync(place) ? 'is not writable for this user' : 'does not exist'}.`)]
  })
}

function isWritable(place: string): boolean {
  try {
    accessSync(place, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

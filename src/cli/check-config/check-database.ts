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
import type { MissingRights } from '../../storage/missing-rights.ts'
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
        findings.push(...(await emptyDatabaseFindings(settings)))
        if (findings.length === 0) findings.push(ok('--database: it is missing or empty. The start creates it.'))
        return
      }
      try {
        findings.push(...(await schemaFindings(storage, settings)))
        findings.push(...(await keyFindings(storage, settings)))
      } finally {
        await storage.close()
      }
    }),
  )
  return findings
}

const silent = () => createLogger({ level: 'silent', format: 'json' })

async function openUnlessNew(settings: Settings): Promise<Storage | undefined> {
  try {
    return await openConfiguredStorage(settings, silent(), { readOnly: true })
  } catch (thrown) {
    if (thrown instanceof EmptyDatabaseError && mayCreate(settings)) return undefined
    throw thrown
  }
}

/** What keeps the start from filling an empty PostgreSQL. */
async function emptyDatabaseFindings(settings: Settings): Promise<readonly Finding[]> {
  if (databaseUrl(settings).startsWith('sqlite:')) return []
  const storage = await openConfiguredStorage(settings, silent(), { readOnly: true, acceptEmpty: true })
  try {
    return rightsFindings(await storage.missingRights(await storage.missingMigrations()), nameOf(settings))
  } finally {
    await storage.close()
  }
}

function rightsFindings(missing: MissingRights | undefined, name: string): readonly Finding[] {
  if (missing === undefined) return []
  const { writesRefused, createIn, tables, foreignTables } = missing
  const messages: string[] = []
  if (writesRefused === 'standby') messages.push('is a standby and takes no writes. Name the primary server.')
  if (writesRefused === 'read-only') {
    messages.push('is read-only for this user. See default_transaction_read_only of the server, the database and the user.')
  }
  if (createIn !== undefined) {
    messages.push(
      `does not let this user create tables in the schema ${createIn}. Grant it CREATE and USAGE on the schema, or ${migrateAs}`,
    )
  }
  if (tables.length > 0) {
    messages.push(`does not let this user read and change ${listOf(tables)}. Grant it SELECT, INSERT, UPDATE and DELETE on all tables.`)
  }
  if (foreignTables.length > 0) {
    messages.push(
      `has tables of another user that the migrations change: ${listOf(foreignTables)}. Make this user their owner, or ${migrateAs}`,
    )
  }
  return messages.map((message) => error(`--database: ${name} ${message}`))
}

const migrateAs = 'run lifeguard db migrate as another user.'

/** The first three of the tables in `names`, and how many more there are, as text for a message. */
const listOf = (names: readonly string[]): string =>
  `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${countOf(names.length - 3, 'table')} more` : ''}`

async function schemaFindings(storage: Storage, settings: Settings): Promise<readonly Finding[]> {
  const missing = await storage.missingMigrations()
  const name = nameOf(settings)
  const refused = rightsFindings(await storage.missingRights(settings.migrate ? missing : []), name)
  if (refused.length > 0) return refused
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

/**
 * What messages call the database: the path of the SQLite file, or host and database name of PostgreSQL, without user name and password.
 */
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

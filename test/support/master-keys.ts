import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import { createLogger } from '../../src/base/logger.ts'
import { createSealingKey } from '../../src/base/sealing-key.ts'
import { type OpenedDatabase, openDatabase } from '../../src/open-database.ts'
import { type Rotation, rotateMasterKey } from '../../src/rotate-master-key.ts'
import { readSettings } from '../../src/settings.ts'
import type { Db } from '../../src/storage/db.ts'

/** Two new master keys, as the environment variables contain them: `before` and `after` the rotation. */
export const newKeys = () => ({ before: randomBytes(32).toString('base64'), after: randomBytes(32).toString('base64') })

type Keys = { readonly masterKey: string; readonly previous?: string }

export function envOf(databaseUrl: string, { masterKey, previous }: Keys) {
  const env = { LIFEGUARD_DATABASE: databaseUrl, LIFEGUARD_MASTER_KEY: masterKey }
  return previous === undefined ? env : { ...env, LIFEGUARD_PREVIOUS_MASTER_KEY: previous }
}

/** Opens the database as a command of `lifeguard keys` does. */
export async function withDatabase<T>(databaseUrl: string, keys: Keys, use: (database: OpenedDatabase) => Promise<T>): Promise<T> {
  const settings = readSettings({ argv: [], env: envOf(databaseUrl, keys), command: 'keys' })
  const database = await openDatabase(settings, createLogger({ level: 'silent', format: 'json' }))
  try {
    return await use(database)
  } finally {
    await database.storage.close()
  }
}

/** Runs `keys rotate-master` in this process. After `quietMs` the rotation expects that all servers use the new key. */
export function rotate(databaseUrl: string, { before, after }: ReturnType<typeof newKeys>, quietMs = 0): Promise<Rotation> {
  return withDatabase(databaseUrl, { masterKey: after, previous: before }, (database) =>
    rotateMasterKey(database, { quietMs, report: () => undefined }),
  )
}

/** `table.column` of every value in the database that is sealed under the key or contains such a value. */
export async function columnsSealedUnder(db: Db, masterKey: string): Promise<Set<string>> {
  const { id } = createSealingKey(Buffer.from(masterKey, 'base64'))
  // Five characters encode 30 of the 32 bits of the key's id. The shortest sealed value has 43 characters.
  const sealed = new RegExp(`(^|[":])${id.toString('base64url').slice(0, 5)}[\\w-]{38,}`)
  const found = new Set<string>()
  for (const { name } of await db.introspection.getTables()) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) if (typeof value === 'string' && sealed.test(value)) found.add(`${name}.${column}`)
    }
  }
  return found
}

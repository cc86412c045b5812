import type { Secrets } from '../../src/base/secrets.ts'
import type { Db } from '../../src/storage/db.ts'
import { openPassword, type PasswordOwner, type StoredPassword } from '../../src/users/passwords/sealed-password.ts'
import { callLifeguard } from './lifeguard-operations.ts'
import { withDatabase } from './master-keys.ts'
import type { PoolAndClient } from './self-service.ts'
import type { TestServer } from './test-server.ts'

export const masterKey = Buffer.alloc(32, 11).toString('base64')
/** The server needs this environment, so that tests can open what it stores. */
export const knownKey = { env: { LIFEGUARD_MASTER_KEY: masterKey } }

export type Storage = 'SRP' | 'ARGON2ID' | 'BOTH'

export const setStorage = (server: Pick<TestServer, 'url'>, { poolId }: Pick<PoolAndClient, 'poolId'>, Storage: Storage) =>
  callLifeguard(server, 'SetUserPoolExtensions', { UserPoolId: poolId, Passwords: { Storage } })

type Opened = { readonly db: Db; readonly secrets: Secrets; readonly owner: PasswordOwner; readonly sealed: string | null }

/** Opens the database, and gives `use` the row of one user. */
function withRow<T>(server: TestServer, poolId: string, username: string, use: (row: Opened) => Promise<T> | T): Promise<T> {
  return withDatabase(server.databaseUrl, { masterKey }, async ({ storage: { db }, secrets }) => {
    const row = await db
      .selectFrom('user')
      .select(['sub', 'username', 'password'])
      .where('pool_id', '=', poolId)
      .where('username', '=', username)
      .executeTakeFirstOrThrow()
    return use({ db, secrets, owner: { poolId, sub: row.sub, username: row.username }, sealed: row.password })
  })
}

/** What is stored of the user's password. */
export const storedPassword = (server: TestServer, poolId: string, username: string): Promise<StoredPassword | undefined> =>
  withRow(server, poolId, username, ({ secrets, owner, sealed }) => (sealed === null ? undefined : openPassword(secrets, owner, sealed)))

export const kindOfStored = async (server: TestServer, poolId: string, username: string) =>
  (await storedPassword(server, poolId, username))?.kind

/** Makes something of the opened row of one user, such as the text of an export. */
export const readRow = withRow

/** Replaces what is stored of the user's password. */
export const replaceStored = (
  server: TestServer,
  poolId: string,
  username: string,
  make: (secrets: Secrets, owner: PasswordOwner) => string,
): Promise<void> =>
  withRow(server, poolId, username, async ({ db, secrets, owner }) => {
    await db
      .updateTable('user')
      .set({ password: make(secrets, owner) })
      .where('pool_id', '=', poolId)
      .where('sub', '=', owner.sub)
      .execute()
  })

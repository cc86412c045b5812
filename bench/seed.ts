import { availableParallelism } from 'node:os'
import { uuidv7 } from '../src/base/ids.ts'
import { createLogger } from '../src/base/logger.ts'
import { createSrpPowers, type SrpPowers } from '../src/base/srp/powers.ts'
import { type OpenedDatabase, openDatabase } from '../src/open-database.ts'
import { insertAppClient } from '../src/pools/app-client-repository.ts'
import { readNewClient } from '../src/pools/app-client-wire.ts'
import { noExtensions } from '../src/pools/extensions/pool-extensions.ts'
import type { Pool } from '../src/pools/pool.ts'
import { insertPool } from '../src/pools/pool-repository.ts'
import { readNewPool } from '../src/pools/pool-wire.ts'
import { readSettings } from '../src/settings.ts'
import type { Tx } from '../src/storage/db.ts'
import { createArgon2Keys } from '../src/users/passwords/argon2-keys.ts'
import { createPasswords, type Passwords } from '../src/users/passwords/passwords.ts'
import { searchEntriesOf } from '../src/users/search-index.ts'
import { aliasesOf, type User } from '../src/users/user.ts'
import { toRow } from '../src/users/user-row.ts'
import type { ServerOptions } from './server-process.ts'
import { type Crowd, usernameOf } from './sign-ins.ts'

const poolId = 'us-east-1_benchmark'
const clientId = 'benchmarkbenchmarkbenchmar'
const password = 'Correct-horse-7'
const usersPerTransaction = 500

/** No user has an imported password hash. */
const importedHashes = { check: () => undefined }

export type PasswordStorage = 'SRP' | 'ARGON2ID'

/** Fills an empty database with a pool, an app client and `users` confirmed users, each with their own salt and verifier or hash. */
export async function seed({ databaseUrl, masterKey }: ServerOptions, users: number, storage: PasswordStorage): Promise<Crowd> {
  const argv = ['--database', databaseUrl]
  const settings = readSettings({ argv, env: { LIFEGUARD_MASTER_KEY: masterKey }, command: 'keys' })
  const database = await openDatabase(settings, createLogger({ level: 'silent', format: 'json' }))
  const powers = createSrpPowers({ workers: 1, queueLimit: usersPerTransaction })
  const argon2 = createArgon2Keys({ workers: availableParallelism(), queueLimit: usersPerTransaction })
  try {
    const pool = await insertPoolAndClient(database, storage)
    const passwords = createPasswords({ secrets: database.secrets, powers: powers satisfies SrpPowers, importedHashes, argon2 })
    for (let first = 0; first < users; first += usersPerTransaction) {
      const batch = await draftUsers(passwords, pool, first, Math.min(users, first + usersPerTransaction))
      await database.storage.db.transaction().execute((tx) => insertUsers(tx, pool, batch))
    }
  } finally {
    await powers.close()
    await argon2.close()
    await database.storage.close()
  }
  return { poolId, clientId, users, password }
}

async function insertPoolAndClient({ storage, secrets }: OpenedDatabase, passwords: PasswordStorage): Promise<Pool> {
  const now = Date.now()
  const extensions = { ...noExtensions, passwords: { storage: passwords } }
  const pool = { ...readNewPool({ PoolName: 'bench' }, { id: poolId, now }), extensions }
  const request = {
    UserPoolId: poolId,
    ClientName: 'bench',
    ExplicitAuthFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_USER_SRP_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'] as const,
  }
  const client = readNewClient({ ...request, ExplicitAuthFlows: [...request.ExplicitAuthFlows] }, { id: clientId, pool, secrets: [], now })
  await insertPool(storage.db, pool)
  await insertAppClient(storage.db, secrets, client)
  return pool
}

function draftUsers(passwords: Passwords, pool: Pool, first: number, end: number): Promise<User[]> {
  const indexes = Array.from({ length: end - first }, (_, offset) => first + offset)
  return Promise.all(indexes.map((index) => draftUser(passwords, pool, index)))
}

async function draftUser(passwords: Passwords, pool: Pool, index: number): Promise<User> {
  const now = Date.now()
  const username = usernameOf(index)
  const owner = { poolId, sub: uuidv7(now), username }
  return {
    ...owner,
    status: 'CONFIRMED',
    enabled: true,
    attributes: { email: `${username}@example.test`, email_verified: 'true', given_name: 'Ana', family_name: `Number ${index}` },
    password: await passwords.protect(pool, owner, password),
    passwordExpiresAt: null,
    signedOutAt: null,
    createdAt: now,
    updatedAt: now,
    mfa: null,
  }
}

/** Inserts many users at a time. Each user gets the rows that `insertUser` of the user repository would insert. */
async function insertUsers(tx: Tx, pool: Pool, users: readonly User[]): Promise<void> {
  const owner = (user: User) => ({ pool_id: user.poolId, sub: user.sub })
  const aliases = users.flatMap((user) => aliasesOf(pool, user).map(({ kind, key }) => ({ ...owner(user), kind, value_key: key })))
  const entries = users.flatMap((user) => searchEntriesOf(user).map(({ name, key }) => ({ ...owner(user), name, value_key: key })))
  await tx.insertInto('user_alias').values(aliases).execute()
  await tx.insertInto('user').values(users.map(toRow)).execute()
  await tx.insertInto('user_attribute').values(entries).execute()
}

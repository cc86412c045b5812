import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { administer, databaseUrl, newDatabaseName, startCluster } from '../test/support/postgres.ts'
import { type PasswordStorage, seed } from './seed.ts'
import type { ServerOptions } from './server-process.ts'
import type { Crowd } from './sign-ins.ts'

export const engineNames = ['sqlite', 'postgres'] as const
export type EngineName = (typeof engineNames)[number]

/** Creates databases whose commits are durable, as in production. */
export type BenchEngine = AsyncDisposable & {
  readonly name: EngineName
  /**
   * Creates a database with this many users, in a pool that stores their passwords in this form. Returns the users, and the options with
   * which a server opens the database.
   */
  createDatabase(users: number, storage?: PasswordStorage): Promise<{ readonly options: ServerOptions; readonly crowd: Crowd }>
}

export function openEngine(name: EngineName): Promise<BenchEngine> {
  return name === 'sqlite' ? openSqliteFolder() : openPostgresCluster()
}

const newMasterKey = () => randomBytes(32).toString('base64')

async function openSqliteFolder(): Promise<BenchEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-bench-'))
  return {
    name: 'sqlite',
    async createDatabase(users, storage = 'SRP') {
      const options = { databaseUrl: `sqlite:${join(folder, `${users}-${storage}-users.db`)}`, masterKey: newMasterKey() }
      return { options, crowd: await seed(options, users, storage) }
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function openPostgresCluster(): Promise<BenchEngine> {
  const cluster = await startCluster({ durable: true })
  return {
    name: 'postgres',
    async createDatabase(users, storage = 'SRP') {
      const name = newDatabaseName('bench')
      await administer(cluster.url, `create database ${name} template template0`)
      const options = { databaseUrl: databaseUrl(cluster.url, name), masterKey: newMasterKey() }
      const crowd = await seed(options, users, storage)
      // The users were inserted at once. In production, autovacuum vacuums and analyses the tables while so many users sign up.
      await administer(options.databaseUrl, 'vacuum analyze')
      return { options, crowd }
    },
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { administer, databaseUrl, newDatabaseName, startCluster } from '../test/support/postgres.ts'
import { seed } from './seed.ts'
import type { ServerOptions } from './server-process.ts'
import type { Crowd } from './sign-ins.ts'

export const engineNames = ['sqlite', 'postgres'] as const
export type EngineName = (typeof engineNames)[number]

/** Creates databases whose commits are durable, as in production. */
export type BenchEngine = AsyncDisposable & {
  readonly name: EngineName
  /** Creates a database with this many users. Returns the users, and the options with which a server opens the database. */
  createDatabase(users: number): Promise<{ readonly options: ServerOptions; readonly crowd: Crowd }>
}

export function openEngine(name: EngineName): Promise<BenchEngine> {
  return name === 'sqlite' ? openSqliteFolder() : openPostgresCluster()
}

const newMasterKey = () => randomBytes(32).toString('base64')

async function openSqliteFolder(): Promise<BenchEngine> {
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-bench-'))
  return {
    name: 'sqlite',
    async createDatabase(users) {
      const options = { databaseUrl: `sqlite:${join(folder, `${users}-users.db`)}`, masterKey: newMasterKey() }
      return { options, crowd: await seed(options, users) }
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
    async createDatabase(users) {
      const name = newDatabaseName('bench')
      await administer(cluster.url, `create database ${name} template template0`)
      const options = { databaseUrl: databaseUrl(cluster.url, name), masterKey: newMasterKey() }
      const crowd = await seed(options, users)
      // The users were inserted at once. In production, autovacuum vacuums and analyses the tables while so many users sign up.
      await administer(options.databaseUrl, 'vacuum analyze')
      return { options, crowd }
    },
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}

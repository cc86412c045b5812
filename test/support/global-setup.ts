import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { openStorage } from '../../src/storage/open-storage.ts'
import { unpackBrowser } from './browser.ts'
import { bundleSources } from './bundle-sources.ts'
import { administer, type Cluster, createTemplate, startCluster } from './postgres.ts'
import { scratchFolder } from './scratch.ts'
import { scanForSecrets } from './secret-scan.ts'

/** The glob of the script `test` in package.json. A run of some test files may start no server. */
const isWholeRun = process.argv.includes('test/**/*.test.ts')

let cluster: Cluster | undefined
let template: string | undefined
/** The SQLite file that the databases of tests are copied from. */
let sqliteFolder: string | undefined
let evidence: string | undefined

/** Each test file is a process of its own, which loads the whole server. With a cache, only the first process compiles each module. */
let compileCache: string | undefined
/** The modules of src/ that all processes load: see module-cache.ts. */
let bundle: string | undefined
/** The RSA key pairs that the test files share: see kept-key-pairs.ts. */
let keyPairs: string | undefined

/**
 * Runs before the first test file: unpacks one browser and starts one PostgreSQL for the whole run. Environment variables tell the test
 * files where this PostgreSQL is.
 */
export async function globalSetup(): Promise<void> {
  await unpackBrowser()
  compileCache = mkdtempSync(join(tmpdir(), 'lifeguard-compile-cache-'))
  process.env['NODE_COMPILE_CACHE'] = compileCache
  keyPairs = mkdtempSync(join(tmpdir(), 'lifeguard-key-pairs-'))
  process.env['LIFEGUARD_TEST_KEY_PAIRS'] = keyPairs
  const engines = process.env['LIFEGUARD_TEST_ENGINES']?.split(',')
  bundle = await bundleSources(compileCache)
  sqliteFolder = mkdtempSync(join(scratchFolder(), 'lifeguard-template-'))
  process.env['LIFEGUARD_TEST_SQLITE_TEMPLATE'] = await createSqliteTemplate(sqliteFolder)
  if (engines === undefined || engines.includes('postgres')) await startPostgres()
  await recordModules()
  evidence = mkdtempSync(join(tmpdir(), 'lifeguard-evidence-'))
  process.env['LIFEGUARD_TEST_EVIDENCE'] = evidence
}

async function startPostgres(): Promise<void> {
  cluster = await startCluster()
  template = await createTemplate(cluster.url)
  process.env['LIFEGUARD_TEST_CLUSTER'] = cluster.url
  process.env['LIFEGUARD_TEST_TEMPLATE'] = template
}

/** Creates a migrated file, so that the migrations run once. Once it is closed, the file holds everything. */
async function createSqliteTemplate(folder: string): Promise<string> {
  const file = join(folder, 'template.db')
  const storage = await openStorage({ url: `sqlite:${file}` })
  await storage.migrate()
  await storage.close()
  return file
}

/** A run of some files may be about a server that does not start. Then its files load their modules in the usual way. */
async function recordModules(): Promise<void> {
  const flags = ['module-cache.ts', 'record-modules.ts', 'kept-key-pairs.ts'].map((name) => `--import=${join(import.meta.dirname, name)}`)
  const program = join(import.meta.dirname, 'warm-up.ts')
  // Without the flags of the test runner, which would make the child a test runner as well.
  const child = spawn(process.execPath, [...flags, program], { stdio: ['ignore', 'ignore', 'pipe'] })
  const [output, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  if (code !== 0) console.error(`The warm-up failed, so the test files start slowly.\n${output}`)
}

/** Runs after the last test file: stops PostgreSQL, and fails the run if a log line or an audit record shows a secret. */
export async function globalTeardown(): Promise<void> {
  if (cluster !== undefined) {
    if (template !== undefined) await administer(cluster.url, `drop database ${template} with (force)`)
    await cluster.stop()
  }
  for (const folder of [compileCache, bundle, keyPairs, sqliteFolder])
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  if (evidence !== undefined) requireNoSecrets(evidence)
}

function requireNoSecrets(folder: string): void {
  const { findings, lines, records, secrets } = scanForSecrets(folder)
  rmSync(folder, { recursive: true, force: true })
  console.log(`Scan for secrets: ${lines} lines, ${records} of them audit records, have ${findings.length} of ${secrets} secrets.`)
  if (isWholeRun && [lines, records, secrets].includes(0)) {
    process.exitCode = 1
    throw new Error('The run left no lines, no audit records or no secrets, so the scan for secrets saw nothing.')
  }
  if (findings.length === 0) return
  console.error(findings.slice(0, 20).join('\n'))
  process.exitCode = 1
  throw new Error(`${findings.length} lines of logs or audit records show a secret.`)
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unpackBrowser } from './browser.ts'
import { administer, type Cluster, createTemplate, startCluster } from './postgres.ts'
import { scanForSecrets } from './secret-scan.ts'

/** The glob of the script `test` in package.json. A run of some test files may start no server. */
const isWholeRun = process.argv.includes('test/**/*.test.ts')

let cluster: Cluster | undefined
let template: string | undefined
let evidence: string | undefined

/** Each test file is a process of its own, which loads the whole server. With a cache, only the first process compiles each module. */
let compileCache: string | undefined
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
  evidence = mkdtempSync(join(tmpdir(), 'lifeguard-evidence-'))
  process.env['LIFEGUARD_TEST_EVIDENCE'] = evidence
  const engines = process.env['LIFEGUARD_TEST_ENGINES']
  if (engines !== undefined && !engines.split(',').includes('postgres')) return
  cluster = await startCluster()
  template = await createTemplate(cluster.url)
  process.env['LIFEGUARD_TEST_CLUSTER'] = cluster.url
  process.env['LIFEGUARD_TEST_TEMPLATE'] = template
}

/** Runs after the last test file: stops PostgreSQL, and fails the run if a log line or an audit record shows a secret. */
export async function globalTeardown(): Promise<void> {
  if (cluster !== undefined) {
    if (template !== undefined) await administer(cluster.url, `drop database ${template} with (force)`)
    await cluster.stop()
  }
  for (const folder of [compileCache, keyPairs]) if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
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

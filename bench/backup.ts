import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { uuidv7 } from '../src/base/ids.ts'
import { createLogger } from '../src/base/logger.ts'
import { type OpenedDatabase, openDatabase } from '../src/open-database.ts'
import type { Pool } from '../src/pools/pool.ts'
import { insertPool } from '../src/pools/pool-repository.ts'
import { readNewPool } from '../src/pools/pool-wire.ts'
import { readSettings } from '../src/settings.ts'
import type { User } from '../src/users/user.ts'
import { insertUsers } from '../src/users/user-batch-repository.ts'
import { administer, databaseUrl, newDatabaseName, startCluster } from '../test/support/postgres.ts'
import { flag, printTable } from './dev-server.ts'
import type { EngineName } from './engines.ts'

const usage = `Measures backup and restore of a pool of many users: seconds, size, and peak memory of each command.

  npm run bench:backup -- [--users=100000] [--engines=sqlite,postgres]`

const usersPerTransaction = 500

/** A sealed salt and verifier have this length. The backup opens them, so they are sealed as those of users are. */
const verifierBytes = 400

type Target = { readonly url: string; readonly masterKey: string }

function draftUser({ secrets }: OpenedDatabase, poolId: string, at: number): User {
  const now = Date.now()
  const sub = uuidv7(now)
  const email = `user-${String(at).padStart(8, '0')}@example.test`
  const attributes = { email, email_verified: 'true', name: `Ana Number ${at}`, given_name: 'Ana', family_name: `Number ${at}` }
  const password = secrets.seal('password', randomBytes(verifierBytes), `${poolId}/${sub}`)
  const times = { passwordExpiresAt: null, signedOutAt: null, createdAt: now, updatedAt: now }
  return { poolId, sub, username: sub, status: 'CONFIRMED', enabled: true, attributes, password, mfa: null, ...times }
}

/** Each user is in a group and has a session of a month. */
async function insertBatch({ storage }: OpenedDatabase, pool: Pool, users: readonly User[]): Promise<void> {
  await storage.db.transaction().execute(async (tx) => {
    await insertUsers(tx, pool, users)
    await tx
      .insertInto('group_member')
      .values(users.map(({ sub }) => ({ pool_id: pool.id, sub, group_name: 'everyone' })))
      .execute()
    await tx.insertInto('session').values(users.map(sessionOf)).execute()
  })
}

function sessionOf({ poolId, sub, createdAt }: User) {
  return {
    pool_id: poolId,
    sub,
    id: uuidv7(createdAt),
    client_id: 'benchmarkbenchmarkbenchmar',
    created_at: createdAt,
    expires_at: createdAt + 30 * 24 * 3_600_000,
    revoked_at: null,
    generation: 0,
    rotated_at: null,
    user_signed_out_at: null,
    last_active_at: null,
    device: null,
    ip: null,
    device_key: null,
    device_forgotten_at: null,
  }
}

async function fill({ url, masterKey }: Target, users: number): Promise<void> {
  const settings = readSettings({ argv: ['--database', url], env: { LIFEGUARD_MASTER_KEY: masterKey }, command: 'keys' })
  const database = await openDatabase(settings, createLogger({ level: 'silent', format: 'json' }))
  try {
    const pool = readNewPool({ PoolName: 'bench', UsernameAttributes: ['email'] }, { id: 'us-east-1_benchmark', now: Date.now() })
    await insertPool(database.storage.db, pool)
    for (let first = 0; first < users; first += usersPerTransaction) {
      const length = Math.min(usersPerTransaction, users - first)
      await insertBatch(
        database,
        pool,
        Array.from({ length }, (_, at) => draftUser(database, pool.id, first + at)),
      )
    }
  } finally {
    await database.storage.close()
  }
}

type Run = { readonly seconds: number; readonly peakMegabytes: number }

/** Runs a command of the program, and watches its memory. */
async function run(argv: readonly string[], { url, masterKey }: Target): Promise<Run> {
  const env = { ...process.env, LIFEGUARD_DATABASE: url, LIFEGUARD_MASTER_KEY: masterKey }
  const began = performance.now()
  const child = spawn(process.execPath, ['src/main.ts', ...argv], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  const peak = { megabytes: 0 }
  const timer = setInterval(() => {
    peak.megabytes = Math.max(peak.megabytes, peakMemory(child))
  }, 50)
  const [code] = await once(child, 'exit')
  clearInterval(timer)
  if (code !== 0) throw new Error(`lifeguard ${argv.join(' ')} ended with code ${code}.`)
  return { seconds: (performance.now() - began) / 1000, peakMegabytes: peak.megabytes }
}

/** The peak memory in megabytes, as the kernel reports it; 0 when the process has ended. */
function peakMemory({ pid }: ChildProcess): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000
  } catch {
    return 0
  }
}

/** Makes empty databases of the engine. */
async function openDatabases(name: EngineName, folder: string): Promise<{ create(title: string): Promise<string>; stop(): Promise<void> }> {
  if (name === 'sqlite') return { create: async (title) => `sqlite:${join(folder, `${title}.db`)}`, stop: async () => undefined }
  const cluster = await startCluster({ durable: true })
  return {
    async create(title) {
      const database = newDatabaseName(title)
      await administer(cluster.url, `create database ${database} template template0`)
      return databaseUrl(cluster.url, database)
    },
    stop: () => cluster.stop(),
  }
}

async function measure(name: EngineName): Promise<void> {
  const users = Number(flag('users') ?? 100_000)
  const folder = mkdtempSync(join(tmpdir(), 'lifeguard-bench-'))
  const databases = await openDatabases(name, folder)
  try {
    const newKey = () => randomBytes(32).toString('base64')
    const [file, passphrase] = [join(folder, 'bench.backup'), join(folder, 'passphrase')]
    writeFileSync(passphrase, 'a passphrase of the benchmark\n', { mode: 0o600 })
    const source = { url: await databases.create('source'), masterKey: newKey() }
    await fill(source, users)
    const backup = await run(['backup', file, '--passphrase-file', passphrase], source)
    const target = { url: await databases.create('target'), masterKey: newKey() }
    const restore = await run(['restore', file, '--passphrase-file', passphrase, '--create-database'], target)
    const size = statSync(file).size / 1e6
    const cells = [users, backup.seconds.toFixed(1), size.toFixed(0), backup.peakMegabytes.toFixed(0)]
    console.log(`| ${[name, ...cells, restore.seconds.toFixed(1), restore.peakMegabytes.toFixed(0)].join(' | ')} |`)
  } finally {
    await databases.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

await printTable(usage, ['users', 'backup s', 'file MB', 'backup MB peak', 'restore s', 'restore MB peak'], measure)

import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { CompiledQuery } from 'kysely'
import pg from 'pg'
import type { Db } from '../src/storage/db.ts'
import { findDirectExecutor } from '../src/storage/dialect/direct-executor.ts'
import { asLookup } from '../src/storage/dialect/lookup.ts'
import { SqliteHandle } from '../src/storage/dialect/sqlite-handle.ts'
import { openStorage, type Storage } from '../src/storage/open-storage.ts'
import { runTogether } from '../src/storage/run-together.ts'
import { startOwnCluster } from '../test/support/postgres.ts'
import { compare, type Variant } from './compare.ts'
import { conditions } from './report.ts'

/** Measures what each optimization of single statements saves; see docs/decisions/0012. Usage: npm run bench:statements */
const users = 200_000
const usersPerInsert = 500

const poolId = 'us-east-1_benchmark'
const usernameOf = (at: number) => `user-${at % users}`
/**
 * The key of the user for look-up number `at`. It is far from the key of the look-up before, so that look-ups touch all parts of the table.
 */
const keyOf = (at: number) => [poolId, 'username', usernameOf(at * 7919)]

async function fill({ db, migrate }: Storage): Promise<void> {
  await migrate()
  for (let first = 0; first < users; first += usersPerInsert) {
    const rows = Array.from({ length: usersPerInsert }, (_, offset) => {
      const at = first + offset
      return { pool_id: poolId, kind: 'username' as const, value_key: usernameOf(at), sub: crypto.randomUUID() }
    })
    await db.insertInto('user_alias').values(rows).execute()
  }
}

/** Variants of one look-up by key. Each variant has one optimization more than the variant before it. */
function lookupVariants(db: Db): Variant[] {
  const findAlias = ([pool = '', , value = '']: readonly string[]) =>
    db.selectFrom('user_alias').selectAll().where('pool_id', '=', pool).where('kind', '=', 'username').where('value_key', '=', value)
  const compiled = findAlias(keyOf(0)).compile()
  const run = findDirectExecutor(db.getExecutor().adapter)
  if (run === undefined) throw new Error('The database is not open.')
  const filled = (at: number): CompiledQuery => ({ ...compiled, parameters: keyOf(at) })
  return [
    { name: 'built and compiled each time', run: (at) => findAlias(keyOf(at)).execute() },
    { name: 'compiled once (`prepareQuery`)', run: (at) => db.executeQuery(filled(at)) },
    { name: '… and executed directly', run: (at) => run(filled(at)) },
    { name: '… and on the connection for look-ups', run: (at) => run(asLookup(filled(at))) },
  ]
}

async function compareOnSqlite(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lifeguard-bench-'))
  const file = join(folder, 'statements.db')
  const storage = await openStorage({ url: `sqlite:${file}` })
  try {
    await fill(storage)
    const variants = lookupVariants(storage.db).slice(0, 3)
    await compare({ title: 'SQLite: find a row by its key', variants, runs: 10_000, concurrency: 16 })
  } finally {
    await storage.close()
  }
  await compareHandles(file)
  rmSync(folder, { recursive: true, force: true })
}

const findAliasSqlite = 'select * from user_alias where pool_id = ? and kind = ? and value_key = ?'

async function compareHandles(file: string): Promise<void> {
  const database = new DatabaseSync(file)
  const [writer, reader] = [new SqliteHandle(file, 0), new SqliteHandle(file, 0)]
  const statement = database.prepare(findAliasSqlite)
  const variants: Variant[] = [
    { name: 'prepared each time', run: async (at) => database.prepare(findAliasSqlite).all(...keyOf(at)) },
    { name: 'prepared once, rows copied to plain objects', run: async (at) => statement.all(...keyOf(at)).map((row) => ({ ...row })) },
    { name: 'prepared once, rows built from arrays (`SqliteHandle`)', run: async (at) => reader.run(findAliasSqlite, keyOf(at)) },
  ]
  await compare({ title: 'node:sqlite: find a row by its key', variants, runs: 10_000, concurrency: 1 })

  writer.exec('pragma synchronous = off')
  writer.exec('pragma cache_size = -4000')
  const upsert = 'insert into installation (name, value) values (?, ?) on conflict (name) do update set value = excluded.value'
  const afterCommit = (handle: SqliteHandle) => async (at: number) => {
    writer.run(upsert, [`fact-${at % 100}`, `${at}`])
    for (let lookup = 0; lookup < 4; lookup++) handle.run(findAliasSqlite, keyOf(at * 4 + lookup))
  }
  const handles: Variant[] = [
    { name: 'by the reader', run: afterCommit(reader) },
    { name: 'by the writer', run: afterCommit(writer) },
  ]
  await compare({ title: 'SQLite: a commit, then four look-ups', variants: handles, runs: 3000, concurrency: 1 })
  for (const handle of [writer, reader, database]) handle.close()
}

async function compareOnPostgres(): Promise<void> {
  const cluster = await startOwnCluster({ durable: true })
  const postgresPid = cluster.pid()
  const storage = await openStorage({ url: cluster.url })
  try {
    await fill(storage)
    const variants = lookupVariants(storage.db)
    for (const concurrency of [1, 32]) {
      await compare({ title: 'PostgreSQL: find a row by its key', variants, runs: 5000, concurrency, postgresPid })
    }
    const title = 'PostgreSQL: a transaction of four deletes'
    await compare({ title, variants: transactionVariants(storage.db), runs: 2000, concurrency: 8, postgresPid })
    await compareDriver(cluster.url, postgresPid)
  } finally {
    await storage.close()
    await cluster.stop()
  }
}

function transactionVariants(db: Db): Variant[] {
  const deletesOf = (at: number) =>
    (['session', 'code', 'device', 'passkey'] as const).map((table) =>
      db.deleteFrom(table).where('pool_id', '=', poolId).where('sub', '=', `sub-${at}`),
    )
  const inTurn = (at: number) =>
    db.transaction().execute(async (tx) => {
      for (const statement of deletesOf(at)) await tx.executeQuery(statement.compile())
    })
  return [
    { name: 'one after the other', run: inTurn },
    { name: 'together (`runTogether`)', run: (at) => db.transaction().execute((tx) => runTogether(tx, deletesOf(at))) },
  ]
}

/**
 * Compares optimizations that are part of the dialect and cannot be switched off there. So the statements run on a connection pool of the
 * driver itself.
 */
async function compareDriver(connectionString: string, postgresPid: number): Promise<void> {
  const pool = new pg.Pool({ connectionString, max: 10, pipeline: true } as pg.PoolConfig)
  const text = 'select * from user_alias where pool_id = $1 and kind = $2 and value_key = $3'
  const statement = (at: number) => ({ name: 'find_alias', text, values: keyOf(at) })
  const naming: Variant[] = [
    { name: 'not prepared', run: (at) => pool.query({ text, values: keyOf(at) }) },
    { name: 'prepared once a connection (`StatementNames`)', run: (at) => pool.query(statement(at)) },
  ]
  const transaction = (awaitsBegin: boolean) => async (at: number) => {
    const client = await pool.connect()
    try {
      const begun = client.query('begin')
      if (awaitsBegin) await begun
      await client.query(statement(at))
      await client.query('commit')
    } finally {
      client.release()
    }
  }
  const beginnings: Variant[] = [
    { name: 'BEGIN by itself', run: transaction(true) },
    { name: 'BEGIN with the first statement', run: transaction(false) },
  ]
  try {
    await compare({ title: 'pg: find a row by its key', variants: naming, runs: 5000, concurrency: 8, postgresPid })
    await compare({ title: 'pg: a transaction of one statement', variants: beginnings, runs: 3000, concurrency: 8, postgresPid })
  } finally {
    await pool.end()
  }
}

console.log(`${conditions()}\n`)
await compareOnSqlite()
await compareOnPostgres()

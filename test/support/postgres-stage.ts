import assert from 'node:assert/strict'
import pg from 'pg'
import { chosenEngines, type TestEngine } from './engines.ts'
import type { TestServer } from './test-server.ts'

const postgres = chosenEngines().find(({ name }) => name === 'postgres')

/** SQLite has one writer at a time, so what these tests put between two statements cannot come between them there. */
export const skipWithoutPostgres = postgres === undefined && 'PostgreSQL was not chosen for this run'

export const postgresOnly: TestEngine = {
  name: 'postgres',
  createDatabase: (options) => {
    assert.ok(postgres)
    return postgres.createDatabase(options)
  },
}

const patienceMs = 10_000

async function until(reached: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await reached())) assert.ok(performance.now() < deadline, 'What the test waits for does not come about.')
}

/** A second client of the server's PostgreSQL, which keeps its statements waiting so that a test says who comes first. */
export class PostgresStage implements AsyncDisposable {
  readonly #client: pg.Client
  #table: string | undefined

  private constructor(client: pg.Client) {
    this.#client = client
  }

  static async open(server: TestServer): Promise<PostgresStage> {
    const client = new pg.Client({ connectionString: server.databaseUrl })
    await client.connect()
    return new PostgresStage(client)
  }

  /** From now on inserts into the table wait: each before it looks for what it depends on, or with that in hand. */
  async holdInserts(table: string, moment: 'before looking' | 'before storing'): Promise<void> {
    const level = moment === 'before looking' ? 'statement' : 'row'
    this.#table = table
    await this.#client.query(`
      create function hold() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(1); return new; end $$;
      create trigger hold before insert on ${table} for each ${level} execute function hold();
    `)
    await this.#client.query('begin; select pg_advisory_xact_lock(1)')
  }

  /** From now on nobody else can change the user; or they can, but not delete them. */
  async holdUser(sub: string, from: 'change' | 'deletion'): Promise<void> {
    await this.#client.query('begin')
    await this.#client.query(`select 1 from "user" where sub = $1 for ${from === 'change' ? 'no key update' : 'key share'}`, [sub])
  }

  /** Until so many of the server's statements wait for a lock: the test's, or each other's. */
  async waiting(count: number): Promise<void> {
    await until(async () => (await this.#countWaiting()) >= count)
  }

  /** Until the request has been answered, or one more statement than before waits for a lock. */
  async settledOrWaiting(request: Promise<unknown>, before: number): Promise<void> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    request.then(settle, settle)
    await until(async () => isSettled || (await this.#countWaiting()) > before)
  }

  /** Lets everybody go on. */
  async release(): Promise<void> {
    await this.#client.query('commit')
  }

  /** How many rows about the user there are in each table that has any. */
  async rowsAbout(sub: string): Promise<Record<string, number>> {
    const { rows } = await this.#client.query<{ name: string; column: string }>(
      `select table_name as name, column_name as column from information_schema.columns
        where table_schema = current_schema() and column_name in ('sub', 'subject')`,
    )
    const counts: Record<string, number> = {}
    for (const { name, column } of rows) {
      const { rowCount } = await this.#client.query(`select 1 from "${name}" where ${column} = $1`, [sub])
      if (rowCount) counts[name] = rowCount
    }
    return counts
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.query('rollback')
    if (this.#table !== undefined) await this.#client.query(`drop trigger hold on ${this.#table}; drop function hold()`)
    await this.#client.end()
  }

  async #countWaiting(): Promise<number> {
    // Within a transaction PostgreSQL would go on listing the connections there were at the first look.
    await this.#client.query('select pg_stat_clear_snapshot()')
    const { rows } = await this.#client.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows[0]?.waiting ?? 0
  }
}

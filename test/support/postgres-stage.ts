import assert from 'node:assert/strict'
import pg from 'pg'
import { chosenEngines, type TestEngine } from './engines.ts'
import type { TestServer } from './test-server.ts'

const postgres = chosenEngines().find(({ name }) => name === 'postgres')

/**
 * Skips tests with a `PostgresStage` when PostgreSQL was not chosen. Such tests interleave the statements of two transactions, which is
 * impossible on SQLite, because SQLite has one writer at a time.
 */
export const skipWithoutPostgres = postgres === undefined && 'PostgreSQL was not chosen for this run'

export const postgresOnly: TestEngine = {
  name: 'postgres',
  createDatabase: (options) => {
    assert.ok(postgres)
    return postgres.createDatabase(options)
  },
}

const deadlineMs = 10_000

async function until(reached: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!(await reached())) assert.ok(performance.now() < deadline, 'The condition that the test waits for was not reached in time.')
}

/** A second client of the server's PostgreSQL. It makes statements of the server wait, so that a test decides their order. */
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

  /**
   * Makes inserts into the table wait: either before the statement reads other rows, or after it has read them and before it stores its
   * row.
   */
  async holdInserts(table: string, moment: 'before looking' | 'before storing'): Promise<void> {
    const level = moment === 'before looking' ? 'statement' : 'row'
    this.#table = table
    await this.#client.query(`
      create function hold() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(1); return new; end $$;
      create trigger hold before insert on ${table} for each ${level} execute function hold();
    `)
    await this.#client.query('begin; select pg_advisory_xact_lock(1)')
  }

  /** Makes updates of the table wait after they have seen the rows, and before they lock one. This client alone can change rows. */
  async holdUpdates(table: string): Promise<void> {
    this.#table = `"${table}"`
    await this.#client.query(`
      create function hold() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(1); return null; end $$;
      create trigger hold before update on ${this.#table} for each statement execute function hold();
    `)
    await this.#client.query('begin; select pg_advisory_xact_lock(1)')
  }

  /** Stores attributes of a user behind the server's back. They are committed by `release`. */
  async storeAttributes(sub: string, attributes: object): Promise<void> {
    await this.#client.query('update "user" set attributes = $2 where sub = $1', [sub, JSON.stringify(attributes)])
  }

  /** Locks the user's row: against any change, or against its deletion only. */
  async holdUser(sub: string, from: 'change' | 'deletion'): Promise<void> {
    await this.#client.query('begin')
    await this.#client.query(`select 1 from "user" where sub = $1 for ${from === 'change' ? 'no key update' : 'key share'}`, [sub])
  }

  /** Locks the app client's row against any change. */
  async holdClient(id: string): Promise<void> {
    await this.#client.query('begin')
    await this.#client.query('select 1 from app_client where id = $1 for update', [id])
  }

  /** Makes all statements that use the table wait. */
  async holdTable(table: string): Promise<void> {
    await this.#client.query(`begin; lock table ${table} in access exclusive mode`)
  }

  /** Resolves when this many statements of the server wait for a lock. */
  async waiting(count: number): Promise<void> {
    await until(async () => (await this.#countWaiting()) >= count)
  }

  /** Resolves when the request was answered, or when more than `before` statements wait for a lock. */
  async settledOrWaiting(request: Promise<unknown>, before: number): Promise<void> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    request.then(settle, settle)
    await until(async () => isSettled || (await this.#countWaiting()) > before)
  }

  /** Releases all locks of this client. */
  async release(): Promise<void> {
    await this.#client.query('commit')
  }

  /** The number of rows about the user in each table that has such rows. Audit records are left out, because they outlive the user. */
  async rowsAbout(sub: string): Promise<Record<string, number>> {
    const { rows } = await this.#client.query<{ name: string; column: string }>(
      `select table_name as name, column_name as column from information_schema.columns
        where table_schema = current_schema() and column_name in ('sub', 'subject') and table_name <> 'audit_record'`,
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
    // Within a transaction PostgreSQL would otherwise return the connections of the first query again.
    await this.#client.query('select pg_stat_clear_snapshot()')
    const { rows } = await this.#client.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
    return rows[0]?.waiting ?? 0
  }
}

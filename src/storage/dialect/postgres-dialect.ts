import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely'
import type pg from 'pg'
import { UseCount } from './use-count.ts'

/** Texts that get a prepared statement in every connection; `IN` lists of varying length must not fill the server's memory. */
const namedStatements = 500

/** Kysely over `pg`, whose clients must be in pipeline mode, with statements prepared once a connection: parsing and planning is most of the cost of a key look-up. */
export function postgresDialect(pool: pg.Pool): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new PostgresDriver(pool),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

class PostgresDriver implements Driver {
  readonly #pool: pg.Pool
  readonly #names = new Map<string, string>()
  readonly #inUse = new UseCount()

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    this.#inUse.enter()
    try {
      return new PostgresConnection(await this.#pool.connect(), this.#names)
    } catch (error) {
      this.#inUse.leave()
      throw error
    }
  }

  async beginTransaction(connection: PostgresConnection, settings: TransactionSettings): Promise<void> {
    const level = settings.isolationLevel === undefined ? '' : ` isolation level ${settings.isolationLevel}`
    const mode = settings.accessMode === undefined ? '' : ` ${settings.accessMode}`
    connection.begin(`begin${level}${mode}`)
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    await connection.commit()
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    await connection.rollback()
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release()
    this.#inUse.leave()
  }

  async destroy(): Promise<void> {
    // The pool itself would leave those who wait for a connection waiting for ever.
    await this.#inUse.idle()
    await this.#pool.end()
  }
}

class PostgresConnection implements DatabaseConnection {
  readonly #client: pg.PoolClient
  readonly #names: Map<string, string>
  #broken = false

  constructor(client: pg.PoolClient, names: Map<string, string>) {
    this.#client = client
    this.#names = names
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const { rows, rowCount } = await this.#client.query({
        name: this.#nameOf(query.sql),
        text: query.sql,
        values: query.parameters as unknown[],
      })
      return { rows, numAffectedRows: BigInt(rowCount ?? 0) }
    } catch (error) {
      throw withoutRowValues(error)
    }
  }

  /**
   * Sends BEGIN together with the first statement: with `pipeline` the server takes them in order, and a round trip is
   * saved. Should BEGIN fail, the connection is lost and the first statement fails too.
   */
  begin(sql: string): void {
    this.#control(sql).catch(() => undefined)
  }

  async commit(): Promise<void> {
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK and no error.
    if ((await this.#control('commit')) !== 'COMMIT') throw new Error('The transaction failed before and was rolled back.')
    if (this.#broken) throw new Error('The transaction could not begin.')
  }

  /** Never rejects, so that the error that caused it is the one the caller sees. A connection that cannot is closed. */
  async rollback(): Promise<void> {
    await this.#control('rollback').catch(() => undefined)
  }

  release(): void {
    this.#client.release(this.#broken)
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method, and SQLite cannot offer it either.
  async *streamQuery(): AsyncIterableIterator<QueryResult<never>> {
    throw new Error('Streaming is not supported: read pages by key.')
  }

  /** A connection on which BEGIN, COMMIT or ROLLBACK failed is in an unknown state and is not used again. */
  async #control(sql: string): Promise<string> {
    try {
      return (await this.#client.query(sql)).command
    } catch (error) {
      this.#broken = true
      throw error
    }
  }

  #nameOf(sql: string): string | undefined {
    let name = this.#names.get(sql)
    if (name === undefined && this.#names.size < namedStatements) {
      name = `lifeguard_${this.#names.size}`
      this.#names.set(sql, name)
    }
    return name
  }
}

/** `detail` and `where` quote the row or the parameters, which are nobody's business in a log. */
function withoutRowValues(error: unknown): unknown {
  if (error instanceof Error && 'detail' in error) Object.assign(error, { detail: undefined, where: undefined })
  return error
}

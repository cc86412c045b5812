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
import { DatabaseUnavailableError } from '../database-unavailable-error.ts'
import type { DatabaseAvailability } from './database-availability.ts'
import { registerDirectExecutor, unregisterDirectExecutor } from './direct-executor.ts'
import type { NoteFailure } from './failure-log.ts'
import { isLookup } from './lookup.ts'
import type { PooledClient, PostgresPool } from './postgres-client.ts'
import { isStaleStatement, statementError } from './postgres-errors.ts'
import type { PostgresLookups } from './postgres-lookups.ts'
import { StatementNames } from './statement-names.ts'
import { UseCount } from './use-count.ts'

type Parts = {
  readonly pool: PostgresPool
  readonly lookups: PostgresLookups
  readonly presence: DatabaseAvailability
  readonly noteFailure: NoteFailure
}

/** Kysely over `pg`, with statements prepared once a connection: parsing and planning is most of the cost of a key look-up. */
export function postgresDialect(parts: Parts): Dialect {
  const adapter = new PostgresAdapter()
  const driver = new PostgresDriver(adapter, { ...parts, names: new StatementNames() })
  return {
    createAdapter: () => adapter,
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

/** What all connections of a database share. */
type Access = Parts & { readonly names: StatementNames }

class PostgresDriver implements Driver {
  readonly #adapter: object
  readonly #access: Access
  readonly #inUse = new UseCount()

  constructor(adapter: object, access: Access) {
    this.#adapter = adapter
    this.#access = access
  }

  async init(): Promise<void> {
    registerDirectExecutor(this.#adapter, (query) => this.#run(query))
  }

  async acquireConnection(): Promise<PostgresConnection> {
    this.#inUse.enter()
    return new PostgresConnection(this.#access)
  }

  async #run<R>(query: CompiledQuery<R>): Promise<QueryResult<R>> {
    const connection = await this.acquireConnection()
    try {
      return await connection.executeQuery<R>(query)
    } finally {
      await this.releaseConnection(connection)
    }
  }

  async beginTransaction(connection: PostgresConnection, settings: TransactionSettings): Promise<void> {
    const level = settings.isolationLevel === undefined ? '' : ` isolation level ${settings.isolationLevel}`
    const mode = settings.accessMode === undefined ? '' : ` ${settings.accessMode}`
    await connection.begin(`begin${level}${mode}`)
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
    unregisterDirectExecutor(this.#adapter)
    // The pool itself would leave those who wait for a connection waiting for ever.
    await this.#inUse.idle()
    this.#access.presence.close()
    await this.#access.lookups.close()
    await this.#access.pool.end()
  }
}

/** Takes a client from the pool when something needs one: a transaction, or a statement that is no look-up. */
class PostgresConnection implements DatabaseConnection {
  readonly #access: Access
  #client: PooledClient | undefined
  #broken = false
  #isInTransaction = false

  constructor(access: Access) {
    this.#access = access
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { names } = this.#access
    const name = names.nameOf(query.sql)
    try {
      return await this.#execute<R>(query, name)
    } catch (error) {
      if (!isStaleStatement(error)) throw error
      names.renew(query.sql, name)
      // PostgreSQL has refused everything else in the transaction with it.
      if (this.#isInTransaction) throw new DatabaseUnavailableError('A table has changed under a transaction.', { cause: error })
      // It was refused before it did anything.
      return this.#execute<R>(query, names.nameOf(query.sql))
    }
  }

  async #execute<R>(query: CompiledQuery, name: string | undefined): Promise<QueryResult<R>> {
    const config = { name, text: query.sql, values: query.parameters as unknown[] }
    const { rows, rowCount } = await (this.#client === undefined && isLookup(query) ? this.#lookups().query(config) : this.#run(config))
    return { rows, numAffectedRows: BigInt(rowCount ?? 0) }
  }

  /**
   * Sends BEGIN together with the first statement: with `pipeline` the server takes them in order, and a round trip is
   * saved. Should BEGIN fail, the connection is lost and the first statement fails too.
   */
  async begin(sql: string): Promise<void> {
    if (this.#client === undefined) await this.#takeClient()
    this.#isInTransaction = true
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
    this.#client?.release(this.#broken)
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method, and SQLite cannot offer it either.
  async *streamQuery(): AsyncIterableIterator<QueryResult<never>> {
    throw new Error('Streaming is not supported: read pages by key.')
  }

  /** A connection on which BEGIN, COMMIT or ROLLBACK failed is in an unknown state and is not used again. */
  async #control(sql: string): Promise<string> {
    try {
      return (await this.#run(sql)).command
    } catch (error) {
      this.#broken = true
      throw error
    }
  }

  async #run(query: string | pg.QueryConfig): Promise<pg.QueryResult> {
    const client = this.#client ?? (await this.#takeClient())
    client.asked++
    try {
      return await client.query(query)
    } catch (error) {
      const { presence, noteFailure } = this.#access
      const failure = statementError(error, client)
      if (client.isLost) presence.suspect(error)
      else if (failure instanceof DatabaseUnavailableError) noteFailure(failure, typeof query === 'string' ? query : (query.text ?? ''))
      throw failure
    } finally {
      client.answered++
    }
  }

  /** Losses of the line are noticed there. */
  #lookups(): PostgresLookups {
    this.#refuseWhileAway()
    return this.#access.lookups
  }

  async #takeClient(): Promise<PooledClient> {
    this.#refuseWhileAway()
    try {
      this.#client = await this.#access.pool.take()
      return this.#client
    } catch (error) {
      this.#access.presence.suspect(error)
      throw new DatabaseUnavailableError('There is no connection to the database.', { cause: error })
    }
  }

  /** So that nothing piles up behind attempts to connect. */
  #refuseWhileAway(): void {
    if (this.#access.presence.isAway) throw new DatabaseUnavailableError('The database is away.')
  }
}

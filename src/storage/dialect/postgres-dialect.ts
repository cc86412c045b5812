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
import type { TimeStatement } from './backend.ts'
import type { DatabaseAvailability } from './database-availability.ts'
import { registerDirectExecutor, unregisterDirectExecutor } from './direct-executor.ts'
import type { LogFailure } from './failure-log.ts'
import { isLookup } from './lookup.ts'
import type { PooledClient, PostgresPool } from './postgres-client.ts'
import { isStaleStatement, statementError } from './postgres-errors.ts'
import type { PostgresLookups } from './postgres-lookups.ts'
import { StatementNames } from './statement-names.ts'
import { UseCount } from './use-count.ts'

type Connections = {
  readonly pool: PostgresPool
  readonly lookups: PostgresLookups
  readonly availability: DatabaseAvailability
  readonly logFailure: LogFailure
  readonly timeStatement: TimeStatement
}

/**
 * Kysely over `pg`. Each connection prepares a statement once, since parsing and planning are most of the cost of a look-up by key. The
 * files of this folder that exist for speed are listed with their numbers in docs/decisions/0012.
 */
export function postgresDialect(connections: Connections): Dialect {
  const adapter = new PostgresAdapter()
  const driver = new PostgresDriver(adapter, { ...connections, names: new StatementNames() })
  return {
    createAdapter: () => adapter,
    createDriver: () => driver,
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  }
}

/** What all connections of a database share. */
type Shared = Connections & { readonly names: StatementNames }

class PostgresDriver implements Driver {
  readonly #adapter: object
  readonly #shared: Shared
  readonly #inUse = new UseCount()

  constructor(adapter: object, shared: Shared) {
    this.#adapter = adapter
    this.#shared = shared
  }

  async init(): Promise<void> {
    registerDirectExecutor(this.#adapter, (query) => this.#run(query))
  }

  async acquireConnection(): Promise<PostgresConnection> {
    this.#inUse.enter()
    return new PostgresConnection(this.#shared)
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
    // A caller that waits for a connection when the pool is closed would wait for ever. So the pool is closed only when no caller waits.
    await this.#inUse.idle()
    this.#shared.availability.close()
    await this.#shared.lookups.close()
    await this.#shared.pool.end()
  }
}

/** Acquires a client from the pool only for a transaction, or for a statement that is not a look-up. */
class PostgresConnection implements DatabaseConnection {
  readonly #shared: Shared
  #client: PooledClient | undefined
  #broken = false
  #isInTransaction = false

  constructor(shared: Shared) {
    this.#shared = shared
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const { names, timeStatement } = this.#shared
    const name = names.nameOf(query.sql)
    const start = performance.now()
    try {
      return await this.#execute<R>(query, name)
    } catch (error) {
      if (!isStaleStatement(error)) throw error
      names.renew(query.sql, name)
      // PostgreSQL has aborted the transaction and rejects all its later statements, so a retry could not succeed.
      if (this.#isInTransaction) throw new DatabaseUnavailableError('A table was changed during the transaction.', { cause: error })
      // PostgreSQL rejected the statement before it changed anything, so it can safely run again.
      return await this.#execute<R>(query, names.nameOf(query.sql))
    } finally {
      timeStatement('statement', (performance.now() - start) / 1000)
    }
  }

  async #execute<R>(query: CompiledQuery, name: string | undefined): Promise<QueryResult<R>> {
    const config = { name, text: query.sql, values: query.parameters as unknown[] }
    const { rows, rowCount } = await (this.#client === undefined && isLookup(query) ? this.#lookups().query(config) : this.#run(config))
    return { rows, numAffectedRows: BigInt(rowCount ?? 0) }
  }

  /**
   * Sends BEGIN together with the first statement. With `pipeline` the server executes the two in order, and a round trip is saved. If
   * BEGIN fails, the connection is lost and the first statement fails, too.
   */
  async begin(sql: string): Promise<void> {
    if (this.#client === undefined) await this.#acquireClient()
    this.#isInTransaction = true
    this.#control(sql).catch(() => undefined)
  }

  async commit(): Promise<void> {
    const start = performance.now()
    const answer = await this.#control('commit').finally(() => {
      this.#shared.timeStatement('commit', (performance.now() - start) / 1000)
    })
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK and no error.
    if (answer !== 'COMMIT') throw new Error('A statement of the transaction failed, so it was rolled back.')
    if (this.#broken) throw new Error('The transaction could not begin.')
  }

  /** Never rejects, so that the caller sees the error that caused the rollback. If the rollback fails, the connection is closed. */
  async rollback(): Promise<void> {
    await this.#control('rollback').catch(() => undefined)
  }

  release(): void {
    this.#client?.release(this.#broken)
  }

  // biome-ignore lint/correctness/useYield: Kysely requires the method, and SQLite cannot stream either.
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
    const client = this.#client ?? (await this.#acquireClient())
    client.sent++
    try {
      return await client.query(query)
    } catch (error) {
      const { availability, logFailure } = this.#shared
      const failure = statementError(error, client)
      if (client.isLost) availability.reportFailure(error)
      else if (failure instanceof DatabaseUnavailableError) logFailure(failure, typeof query === 'string' ? query : (query.text ?? ''))
      throw failure
    } finally {
      client.answered++
    }
  }

  /** The connection for look-ups. It reports its own loss to `availability`. */
  #lookups(): PostgresLookups {
    this.#requireReachable()
    return this.#shared.lookups
  }

  async #acquireClient(): Promise<PooledClient> {
    this.#requireReachable()
    try {
      this.#client = await this.#shared.pool.acquire()
      return this.#client
    } catch (error) {
      this.#shared.availability.reportFailure(error)
      throw new DatabaseUnavailableError('There is no connection to the database.', { cause: error })
    }
  }

  /** Rejects statements at once, so that no queue grows behind attempts to connect. */
  #requireReachable(): void {
    if (this.#shared.availability.isUnreachable) throw new DatabaseUnavailableError('The database cannot be reached.')
  }
}

import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  type SelectModifierNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely'
import { DatabaseUnavailableError } from '../database-unavailable-error.ts'
import { registerDirectExecutor, unregisterDirectExecutor } from './direct-executor.ts'
import type { NoteFailure } from './failure-log.ts'
import { statementError } from './sqlite-errors.ts'
import type { SqliteGroupWriter, SqliteTransaction } from './sqlite-group-writer.ts'
import type { SqliteHandle } from './sqlite-handle.ts'
import { UseCount } from './use-count.ts'

type Parts = {
  readonly reader: SqliteHandle
  readonly writer: SqliteHandle
  readonly groups: SqliteGroupWriter
  readonly noteFailure: NoteFailure
}

/** Kysely over `node:sqlite`: reads outside transactions see committed rows only, writes are committed in groups. */
export function sqliteDialect(parts: Parts): Dialect {
  const adapter = new SqliteAdapter()
  const driver = new SqliteDriver(adapter, parts)
  return {
    createAdapter: () => adapter,
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new LocklessQueryCompiler(),
  }
}

const lockModifiers = new Set<SelectModifierNode['modifier']>(['ForKeyShare', 'ForUpdate', 'SkipLocked'])

/** Leaves out the row locks of a `select`: SQLite knows none and needs none, because there is one writer at a time. */
class LocklessQueryCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (!lockModifiers.has(node.modifier)) super.visitSelectModifier(node)
  }
}

class SqliteDriver implements Driver {
  readonly #adapter: object
  readonly #parts: Parts
  readonly #inUse = new UseCount()

  constructor(adapter: object, parts: Parts) {
    this.#adapter = adapter
    this.#parts = parts
  }

  async init(): Promise<void> {
    registerDirectExecutor(this.#adapter, (query) => this.#run(query))
  }

  async acquireConnection(): Promise<SqliteConnection> {
    this.#inUse.enter()
    return new SqliteConnection(this.#parts)
  }

  async #run<R>(query: CompiledQuery<R>): Promise<QueryResult<R>> {
    const connection = await this.acquireConnection()
    try {
      return await connection.executeQuery<R>(query)
    } finally {
      this.#inUse.leave()
    }
  }

  async beginTransaction(connection: SqliteConnection): Promise<void> {
    try {
      connection.transaction = await this.#parts.groups.begin()
    } catch (error) {
      throw failureOf(this.#parts, error, 'begin')
    }
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    try {
      await connection.transaction?.commit()
    } catch (error) {
      throw failureOf(this.#parts, error, 'commit')
    }
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    connection.transaction?.rollback()
  }

  async releaseConnection(): Promise<void> {
    this.#inUse.leave()
  }

  async destroy(): Promise<void> {
    unregisterDirectExecutor(this.#adapter)
    await this.#inUse.idle()
    this.#parts.groups.close()
    this.#parts.reader.close()
    // Last, because closing the last connection folds the write-ahead log into the file.
    this.#parts.writer.close()
  }
}

class SqliteConnection implements DatabaseConnection {
  transaction: SqliteTransaction | undefined
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const result = this.#run<R>(query)
      return result instanceof Promise ? await result : result
    } catch (error) {
      throw failureOf(this.#parts, error, query.sql)
    }
  }

  /** Only a write has to wait for something. */
  #run<R>(query: CompiledQuery): QueryResult<R> | Promise<QueryResult<R>> {
    if (this.transaction !== undefined) return this.transaction.run<R>(query.sql, query.parameters)
    if (!isRead(query)) return this.#parts.groups.write<R>(query.sql, query.parameters)
    // The writer's page cache outlives its own commits, the reader's does not; so it serves while it has nothing unsettled.
    const { reader, writer, groups } = this.#parts
    const handle = groups.hasUncommitted ? reader : writer
    return handle.run<R>(query.sql, query.parameters)
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method, and an open cursor would keep the log from being folded in.
  async *streamQuery(): AsyncIterableIterator<QueryResult<never>> {
    throw new Error('Streaming is not supported: read pages by key.')
  }
}

function failureOf({ noteFailure }: Parts, error: unknown, sql: string): unknown {
  const failure = statementError(error)
  if (failure instanceof DatabaseUnavailableError) noteFailure(failure, sql)
  return failure
}

function isRead({ query, sql }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode') return true
  return query.kind === 'RawNode' && /^\s*(select|pragma)\b/i.test(sql)
}

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
import { offerDirectRun, withdrawDirectRun } from './direct-run.ts'
import { statementError } from './sqlite-errors.ts'
import type { SqliteGroupWriter, SqliteTransaction } from './sqlite-group-writer.ts'
import type { SqliteHandle } from './sqlite-handle.ts'
import { UseCount } from './use-count.ts'

/** Kysely over `node:sqlite`: reads outside transactions see committed rows only, writes are committed in groups. */
export function sqliteDialect(reader: SqliteHandle, writer: SqliteHandle, groups: SqliteGroupWriter): Dialect {
  const adapter = new SqliteAdapter()
  const driver = new SqliteDriver(adapter, reader, writer, groups)
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
  readonly #reader: SqliteHandle
  readonly #writer: SqliteHandle
  readonly #groups: SqliteGroupWriter
  readonly #inUse = new UseCount()

  constructor(adapter: object, reader: SqliteHandle, writer: SqliteHandle, groups: SqliteGroupWriter) {
    this.#adapter = adapter
    this.#reader = reader
    this.#writer = writer
    this.#groups = groups
  }

  async init(): Promise<void> {
    offerDirectRun(this.#adapter, (query) => this.#run(query))
  }

  async acquireConnection(): Promise<SqliteConnection> {
    this.#inUse.enter()
    return new SqliteConnection(this.#reader, this.#writer, this.#groups)
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
      connection.transaction = await this.#groups.begin()
    } catch (error) {
      throw statementError(error)
    }
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    try {
      await connection.transaction?.commit()
    } catch (error) {
      throw statementError(error)
    }
  }

  async rollbackTransaction(connection: SqliteConnection): Promise<void> {
    connection.transaction?.rollback()
  }

  async releaseConnection(): Promise<void> {
    this.#inUse.leave()
  }

  async destroy(): Promise<void> {
    withdrawDirectRun(this.#adapter)
    await this.#inUse.idle()
    this.#groups.close()
    this.#reader.close()
    // Last, because closing the last connection folds the write-ahead log into the file.
    this.#writer.close()
  }
}

class SqliteConnection implements DatabaseConnection {
  transaction: SqliteTransaction | undefined
  readonly #reader: SqliteHandle
  readonly #writer: SqliteHandle
  readonly #groups: SqliteGroupWriter

  constructor(reader: SqliteHandle, writer: SqliteHandle, groups: SqliteGroupWriter) {
    this.#reader = reader
    this.#writer = writer
    this.#groups = groups
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const result = this.#run<R>(query)
      return result instanceof Promise ? await result : result
    } catch (error) {
      throw statementError(error)
    }
  }

  /** Only a write has to wait for something. */
  #run<R>(query: CompiledQuery): QueryResult<R> | Promise<QueryResult<R>> {
    if (this.transaction !== undefined) return this.transaction.run<R>(query.sql, query.parameters)
    if (!isRead(query)) return this.#groups.write<R>(query.sql, query.parameters)
    // The writer's page cache outlives its own commits, the reader's does not; so it serves while it has nothing unsettled.
    const handle = this.#groups.hasUncommitted ? this.#reader : this.#writer
    return handle.run<R>(query.sql, query.parameters)
  }

  // biome-ignore lint/correctness/useYield: Kysely asks for the method, and an open cursor would keep the log from being folded in.
  async *streamQuery(): AsyncIterableIterator<QueryResult<never>> {
    throw new Error('Streaming is not supported: read pages by key.')
  }
}

function isRead({ query, sql }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode') return true
  return query.kind === 'RawNode' && /^\s*(select|pragma)\b/i.test(sql)
}

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
import type { TimeStatement } from './backend.ts'
import { registerDirectExecutor, unregisterDirectExecutor } from './direct-executor.ts'
import type { LogFailure } from './failure-log.ts'
import { statementError } from './sqlite-errors.ts'
import type { SqliteGroupWriter, SqliteTransaction } from './sqlite-group-writer.ts'
import type { SqliteHandle } from './sqlite-handle.ts'
import { UseCount } from './use-count.ts'

type Handles = {
  readonly reader: SqliteHandle
  readonly writer: SqliteHandle
  readonly groups: SqliteGroupWriter
  readonly logFailure: LogFailure
  readonly timeStatement: TimeStatement
}

/** Kysely over `node:sqlite`. Reads outside transactions see committed rows only, and writes are committed in groups. */
export function sqliteDialect(handles: Handles): Dialect {
  const adapter = new SqliteAdapter()
  const driver = new SqliteDriver(adapter, handles)
  return {
    createAdapter: () => adapter,
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new LocklessQueryCompiler(),
  }
}

const lockModifiers = new Set<SelectModifierNode['modifier']>(['ForKeyShare', 'ForUpdate', 'SkipLocked'])

/** Omits the row locks of a `select`: SQLite has none and needs none, because there is one writer at a time. */
class LocklessQueryCompiler extends SqliteQueryCompiler {
  protected override visitSelectModifier(node: SelectModifierNode): void {
    if (!lockModifiers.has(node.modifier)) super.visitSelectModifier(node)
  }
}

class SqliteDriver implements Driver {
  readonly #adapter: object
  readonly #handles: Handles
  readonly #inUse = new UseCount()

  constructor(adapter: object, handles: Handles) {
    this.#adapter = adapter
    this.#handles = handles
  }

  async init(): Promise<void> {
    registerDirectExecutor(this.#adapter, (query) => this.#run(query))
  }

  async acquireConnection(): Promise<SqliteConnection> {
    this.#inUse.enter()
    return new SqliteConnection(this.#handles)
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
      connection.transaction = await this.#handles.groups.begin()
    } catch (error) {
      throw failureOf(this.#handles, error, 'begin')
    }
  }

  async commitTransaction(connection: SqliteConnection): Promise<void> {
    const start = performance.now()
    try {
      await connection.transaction?.commit()
    } catch (error) {
      throw failureOf(this.#handles, error, 'commit')
    } finally {
      this.#handles.timeStatement('commit', (performance.now() - start) / 1000)
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
    this.#handles.groups.close()
    this.#handles.reader.close()
    // The writer last, because closing the last connection copies the write-ahead log into the file.
    this.#handles.writer.close()
  }
}

class SqliteConnection implements DatabaseConnection {
  transaction: SqliteTransaction | undefined
  readonly #handles: Handles

  constructor(handles: Handles) {
    this.#handles = handles
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const start = performance.now()
    try {
      const result = this.#run<R>(query)
      return result instanceof Promise ? await result : result
    } catch (error) {
      throw failureOf(this.#handles, error, query.sql)
    } finally {
      this.#handles.timeStatement('statement', (performance.now() - start) / 1000)
    }
  }

  /** Only a write returns a promise: it waits for its turn and for the commit. */
  #run<R>(query: CompiledQuery): QueryResult<R> | Promise<QueryResult<R>> {
    if (this.transaction !== undefined) return this.transaction.run<R>(query.sql, query.parameters)
    if (!isRead(query)) return this.#handles.groups.write<R>(query.sql, query.parameters)
    // A commit empties the reader's page cache, but not the writer's. So reads use the writer while it has no uncommitted rows.
    const { reader, writer, groups } = this.#handles
    const handle = groups.hasUncommitted ? reader : writer
    return handle.run<R>(query.sql, query.parameters)
  }

  // biome-ignore lint/correctness/useYield: Kysely requires the method, and an open cursor would prevent checkpoints of the log.
  async *streamQuery(): AsyncIterableIterator<QueryResult<never>> {
    throw new Error('Streaming is not supported: read pages by key.')
  }
}

function failureOf({ logFailure }: Handles, error: unknown, sql: string): unknown {
  const failure = statementError(error)
  if (failure instanceof DatabaseUnavailableError) logFailure(failure, sql)
  return failure
}

function isRead({ query, sql }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode') return true
  return query.kind === 'RawNode' && /^\s*(select|pragma)\b/i.test(sql)
}

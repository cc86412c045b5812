import {
  AliasNode,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type OperationNode,
  type QueryResult,
  type RootOperationNode,
  TableNode,
  type TransactionSettings,
} from 'kysely'
import { endSpan, isTracing, type SpanAttributes, startLeafSpan } from '../../base/tracing.ts'
import type { Engine } from './backend.ts'
import { findDirectExecutor, registerDirectExecutor } from './direct-executor.ts'

/**
 * With tracing, each transaction is a span, and so is each statement outside a transaction. Without tracing, this function returns
 * `dialect` itself, so that statements cost nothing more. See docs/decisions/0013.
 */
export function withTracing(dialect: Dialect, engine: Engine): Dialect {
  if (!isTracing()) return dialect
  const spans = new DatabaseSpans(engine)
  return {
    createAdapter: () => dialect.createAdapter(),
    createDriver: () => new TracedDriver(dialect.createDriver(), dialect.createAdapter(), spans),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  }
}

class DatabaseSpans {
  readonly #system: SpanAttributes

  constructor(engine: Engine) {
    this.#system = { 'db.system.name': engine === 'postgres' ? 'postgresql' : engine }
  }

  startTransaction() {
    return startLeafSpan('transaction', { ...this.#system, 'db.operation.name': 'transaction' })
  }

  #startStatement(query: RootOperationNode) {
    const operation = operations[query.kind] ?? 'other'
    const tables = tablesOf(query)
    const summary = [operation, ...tables].join(' ')
    return startLeafSpan(summary, {
      ...this.#system,
      'db.operation.name': operation,
      'db.query.summary': summary,
      'db.collection.name': tables.length === 1 ? tables[0] : undefined,
    })
  }

  async traceStatement<R>({ query }: CompiledQuery, run: () => Promise<QueryResult<R>>): Promise<QueryResult<R>> {
    const span = this.#startStatement(query)
    if (span === undefined) return run()
    try {
      const result = await run()
      endSpan(span)
      return result
    } catch (error) {
      endSpan(span, {}, error)
      throw error
    }
  }
}

const operations: { readonly [Kind in RootOperationNode['kind']]?: string } = {
  SelectQueryNode: 'SELECT',
  InsertQueryNode: 'INSERT',
  UpdateQueryNode: 'UPDATE',
  DeleteQueryNode: 'DELETE',
}

/** The names of the tables that a statement names, except in its subqueries. */
function tablesOf(query: RootOperationNode): readonly string[] {
  return tableNodesOf(query).flatMap((found) => {
    const node = AliasNode.is(found) ? found.node : found
    return TableNode.is(node) ? [node.table.identifier.name] : []
  })
}

function tableNodesOf(query: RootOperationNode): readonly OperationNode[] {
  switch (query.kind) {
    case 'SelectQueryNode':
      return [...(query.from?.froms ?? []), ...(query.joins ?? []).map((join) => join.table)]
    case 'DeleteQueryNode':
      return query.from.froms
    case 'InsertQueryNode':
      return query.into === undefined ? [] : [query.into]
    case 'UpdateQueryNode':
      return query.table === undefined ? [] : [query.table]
    default:
      return []
  }
}

class TracedDriver implements Driver {
  readonly #driver: Driver
  readonly #adapter: object
  readonly #spans: DatabaseSpans

  constructor(driver: Driver, adapter: object, spans: DatabaseSpans) {
    this.#driver = driver
    this.#adapter = adapter
    this.#spans = spans
  }

  async init(): Promise<void> {
    await this.#driver.init()
    const execute = findDirectExecutor(this.#adapter)
    if (execute !== undefined) {
      registerDirectExecutor(this.#adapter, (query) => this.#spans.traceStatement(query, () => execute(query)))
    }
  }

  async acquireConnection(): Promise<TracedConnection> {
    return new TracedConnection(await this.#driver.acquireConnection(), this.#spans)
  }

  async beginTransaction({ connection, beginTransaction }: TracedConnection, settings: TransactionSettings): Promise<void> {
    await beginTransaction(() => this.#driver.beginTransaction(connection, settings))
  }

  async commitTransaction({ connection, endTransaction }: TracedConnection): Promise<void> {
    await endTransaction('commit', () => this.#driver.commitTransaction(connection))
  }

  async rollbackTransaction({ connection, endTransaction }: TracedConnection): Promise<void> {
    await endTransaction('rollback', () => this.#driver.rollbackTransaction(connection))
  }

  releaseConnection({ connection }: TracedConnection): Promise<void> {
    return this.#driver.releaseConnection(connection)
  }

  destroy(): Promise<void> {
    return this.#driver.destroy()
  }
}

/** The transaction that is open on a connection. */
type OpenTransaction = {
  readonly span: ReturnType<DatabaseSpans['startTransaction']>
  statements: number
  /** The error of the first statement that failed. */
  failure: unknown
}

class TracedConnection implements DatabaseConnection {
  readonly connection: DatabaseConnection
  readonly #spans: DatabaseSpans
  #transaction: OpenTransaction | undefined

  constructor(connection: DatabaseConnection, spans: DatabaseSpans) {
    this.connection = connection
    this.#spans = spans
  }

  readonly beginTransaction = async (begin: () => Promise<void>): Promise<void> => {
    const span = this.#spans.startTransaction()
    this.#transaction = { span, statements: 0, failure: undefined }
    try {
      await begin()
    } catch (error) {
      endSpan(span, {}, error)
      throw error
    }
  }

  /** Kysely also rolls back after a failed commit. Then the span has ended already. */
  readonly endTransaction = async (outcome: 'commit' | 'rollback', end: () => Promise<void>): Promise<void> => {
    const transaction = this.#transaction
    this.#transaction = undefined
    const attributes = { 'lifeguard.outcome': outcome, 'lifeguard.database.statements': transaction?.statements }
    try {
      await end()
      endSpan(transaction?.span, attributes, transaction?.failure)
    } catch (error) {
      endSpan(transaction?.span, attributes, transaction?.failure ?? error)
      throw error
    }
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const run = () => this.connection.executeQuery<R>(query)
    return this.#transaction === undefined ? this.#spans.traceStatement(query, run) : countStatement(this.#transaction, run)
  }

  streamQuery<R>(query: CompiledQuery, chunkSize?: number): AsyncIterableIterator<QueryResult<R>> {
    return this.connection.streamQuery<R>(query, chunkSize)
  }
}

async function countStatement<R>(transaction: OpenTransaction, run: () => Promise<QueryResult<R>>): Promise<QueryResult<R>> {
  transaction.statements++
  try {
    return await run()
  } catch (error) {
    transaction.failure ??= error
    throw error
  }
}

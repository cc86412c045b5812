import pg from 'pg'
import type { Connections } from './backend.ts'
import type { ConnectionWatch, WatchedConnection } from './connection-watch.ts'

export type ClientOptions = {
  readonly config: pg.ClientConfig
  readonly watch: ConnectionWatch
  /** How long connecting may take. */
  readonly connectTimeoutMs: () => number
  /** The connection is aborted after this many milliseconds without any answer. */
  readonly answerTimeoutMs: () => number
}

/**
 * The only kind of connection to PostgreSQL: `npm run check` rejects other files that use `pg` itself. An `error` event without a listener
 * would end the process, so each connection has a listener from its beginning. A connection that gets no answer is aborted.
 */
export class PostgresClient extends pg.Client implements WatchedConnection {
  /** Whether the connection can no longer be used. */
  isLost = false
  /** How many statements were sent. `run` counts its statement. Code that calls `query` directly, to save a promise, must count it here. */
  sent = 0
  /** How many of the sent statements have ended, with a result or an error. Code that counts a statement in `sent` counts it here, too. */
  answered = 0
  readonly answerTimeoutMs: () => number
  #isEnding = false

  constructor({ config, watch, connectTimeoutMs, answerTimeoutMs }: ClientOptions) {
    super({ ...config, connectionTimeoutMillis: connectTimeoutMs(), pipeline: true })
    this.answerTimeoutMs = answerTimeoutMs
    const markLost = () => {
      this.isLost = true
      watch.remove(this)
    }
    this.on('error', markLost)
    this.on('end', markLost)
    watch.add(this)
  }

  get isWaiting(): boolean {
    return this.sent !== this.answered || this.#isEnding
  }

  /** Like `query`, but it counts the statement, so that the watch aborts the connection if no answer arrives. */
  async run(query: string | pg.QueryConfig): Promise<pg.QueryResult> {
    this.sent++
    try {
      return await this.query(query)
    } finally {
      this.answered++
    }
  }

  abort(error: Error): void {
    this.connection.stream.destroy(error)
  }

  override end(): Promise<void>
  override end(callback: (error: Error) => void): void
  override end(callback?: (error: Error) => void): Promise<void> | void {
    this.#isEnding = true
    return callback === undefined ? super.end() : super.end(callback)
  }
}

export type PooledClient = PostgresClient & Pick<pg.PoolClient, 'release'>

/** Connections that are acquired for a statement or a transaction and released after it. */
export type PostgresPool = {
  /** Rejects when no connection is available in time. */
  acquire(): Promise<PooledClient>
  /** Aborts the idle connections of the pool. */
  abortIdle(error: Error): void
  count(): Connections
  end(): Promise<void>
}

type PoolOptions = ClientOptions & {
  readonly size: number
  /** How long to wait while all connections are in use. */
  readonly waitMs: number
  /** Called when an idle connection is lost. */
  readonly onLoss: (error: Error) => void
}

export function openPool({ size, waitMs, onLoss, ...options }: PoolOptions): PostgresPool {
  class Client extends PostgresClient {
    constructor() {
      super(options)
    }
  }
  const pool = new pg.Pool({ Client, max: size, connectionTimeoutMillis: waitMs })
  const idle = new Set<PostgresClient>()
  pool.on('error', onLoss)
  pool.on('acquire', (client) => idle.delete(client as PooledClient))
  pool.on('release', (_error, client) => idle.add(client as PooledClient))
  pool.on('remove', (client) => idle.delete(client as PooledClient))
  return {
    acquire: () => pool.connect() as Promise<PooledClient>,
    abortIdle(error) {
      for (const client of idle) client.abort(error)
    },
    count: () => ({ inUse: pool.totalCount - pool.idleCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    end: () => pool.end(),
  }
}

const int8 = 20
const numeric = 1700

/** Reads `bigint` and sums of it as numbers, as on SQLite. A value that a number cannot hold exactly is an error. */
export const numberTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === int8 || oid === numeric) return readNumber
    return pg.types.getTypeParser(oid, format as 'text')
  },
}

function readNumber(text: string): number {
  const value = Number(text)
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new RangeError('The database holds an integer beyond 2^53.')
  return value
}

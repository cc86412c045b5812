import pg from 'pg'
import type { ConnectionWatch, WatchedConnection } from './connection-watch.ts'

export type ClientOptions = {
  readonly config: pg.ClientConfig
  readonly watch: ConnectionWatch
  /** How long connecting may take, in milliseconds. */
  readonly connectWithin: () => number
  /** Milliseconds without any answer after which the connection is given up. */
  readonly answerWithin: () => number
}

/**
 * The only kind of connection to PostgreSQL: `npm run check` sees to it that no other file uses `pg` itself. An `error` event without a
 * listener would end the process, so each connection has one from its beginning; and what gets no answer is given up.
 */
export class PostgresClient extends pg.Client implements WatchedConnection {
  /** Whether it can no longer be used. */
  isLost = false
  /** How many statements were sent, and how many have ended. `run` counts them; busy paths count by themselves and save its promise. */
  asked = 0
  answered = 0
  readonly patience: () => number
  #isEnding = false

  constructor({ config, watch, connectWithin, answerWithin }: ClientOptions) {
    super({ ...config, connectionTimeoutMillis: connectWithin(), pipeline: true })
    this.patience = answerWithin
    const lose = () => {
      this.isLost = true
      watch.remove(this)
    }
    this.on('error', lose)
    this.on('end', lose)
    watch.add(this)
  }

  get isWaiting(): boolean {
    return this.asked !== this.answered || this.#isEnding
  }

  /** As `query`, and the watch sees to it that it ends. */
  async run(query: string | pg.QueryConfig): Promise<pg.QueryResult> {
    this.asked++
    try {
      return await this.query(query)
    } finally {
      this.answered++
    }
  }

  giveUp(error: Error): void {
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

/** Connections that are lent out. */
export type PostgresPool = {
  /** Rejects when no connection can be had in time. */
  take(): Promise<PooledClient>
  /** Throws away the connections that are not lent out. */
  dropIdle(error: Error): void
  end(): Promise<void>
}

type PoolOptions = ClientOptions & {
  readonly size: number
  /** How long to wait for a connection that another has, in milliseconds. */
  readonly waitMs: number
  /** Hears of the loss of a connection that was not lent out. */
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
    take: () => pool.connect() as Promise<PooledClient>,
    dropIdle(error) {
      for (const client of idle) client.giveUp(error)
    },
    end: () => pool.end(),
  }
}

const int8 = 20
const numeric = 1700

/** `bigint` and sums of it as numbers, as on SQLite; what a number cannot hold is an error instead of another number. */
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

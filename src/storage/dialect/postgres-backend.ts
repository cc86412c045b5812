import type pg from 'pg'
import { StorageError } from '../storage-error.ts'
import type { Backend, StorageLogger } from './backend.ts'
import { ConnectionWatch } from './connection-watch.ts'
import { DatabaseAvailability } from './database-availability.ts'
import { createFailureLog } from './failure-log.ts'
import { numberTypes, openPool, type PostgresPool } from './postgres-client.ts'
import { postgresDialect } from './postgres-dialect.ts'
import { isWorthWaiting, postgresError } from './postgres-errors.ts'
import { PostgresLookups } from './postgres-lookups.ts'
import { startListening } from './postgres-notifications.ts'
import { tryUntilReachable } from './try-until-reachable.ts'

const oldestServer = 150000

/** How long connecting, or waiting for a connection of the pool, may take. */
const connectMs = 5000
/** The same while the database is in doubt: an attempt that began before it came back must not be waited for. */
const connectInDoubtMs = 1500

/** A look-up by key takes a millisecond, and waits for no lock. */
const lookupMs = 2000
/** PostgreSQL itself ends a statement that takes too long. Only when that is not heard of, the connection is given up. */
const marginMs = 1000
const migrationMs = 3_600_000

/**
 * A process whose machine is lost in the middle of a transaction leaves it open with its row locks, until TCP gives up after hours.
 * Ours never wait for anything but the database inside one.
 */
const idleInTransactionMillis = 30_000

export type PostgresOptions = {
  readonly url: string
  /** Connections besides the one for look-ups and the one that listens. */
  readonly poolSize: number
  readonly logger: StorageLogger
  /** How long a statement may take, in seconds. */
  readonly statementSeconds: number
  /** How long to wait for a server that cannot be reached, in seconds. */
  readonly waitSeconds: number
}

/** Connects with a pool of at most `poolSize` connections, one more for look-ups and one that listens. */
export async function openPostgres(options: PostgresOptions): Promise<Backend> {
  const { url, logger, waitSeconds } = options
  const { pool, lookups, presence, watch, line, limits } = connectionsOf(options)
  try {
    const messageOf = (error: unknown) => postgresError(url, error).message
    await tryUntilReachable(() => checkServer(pool), { seconds: waitSeconds, isWorthWaiting, messageOf, logger })
    const notifications = await startListening(line, (error) => presence.suspect(error))
    return {
      engine: 'postgres',
      dialect: postgresDialect({ pool, lookups, presence, noteFailure: createFailureLog(logger) }),
      publish: (channel, payload) => notifications.publish(pool, channel, payload),
      subscribe: notifications.subscribe,
      checkpoint: () => undefined,
      ping: async () => {
        await lookups.query(smallest)
      },
      withoutTimeLimit: (work) => limits.liftedFor(work),
      async close() {
        await notifications.close()
        watch.close()
      },
    }
  } catch (error) {
    presence.close()
    watch.close()
    await pool.end()
    throw error instanceof StorageError ? error : postgresError(url, error)
  }
}

const smallest = { text: 'select 1' }

/** Nothing is connected yet: each connection is opened when it is first needed. */
function connectionsOf({ url, poolSize, logger, statementSeconds }: PostgresOptions) {
  const limits = new StatementLimits(statementSeconds * 1000)
  const presence: DatabaseAvailability = new DatabaseAvailability(() => lookups.query(smallest), logger)
  const suspect = (error: unknown) => presence.suspect(error)
  const watch = new ConnectionWatch((error) => {
    // The idle ones have most likely been cut off as well, which would show only at their next use.
    pool.dropIdle(error)
    suspect(error)
  })
  const connectWithin = () => (presence.isInDoubt ? connectInDoubtMs : connectMs)
  const shared = { config: configOf(url, statementSeconds * 1000), watch, connectWithin }
  const pool = openPool({ ...shared, answerWithin: () => limits.statement, size: poolSize, waitMs: connectMs, onLoss: suspect })
  const line = { ...shared, answerWithin: () => limits.lookup }
  const lookups = new PostgresLookups(line, suspect)
  return { pool, lookups, presence, watch, line, limits }
}

/** How long an answer may take, in milliseconds. */
class StatementLimits {
  readonly lookup: number
  readonly #usual: number
  #isLifted = false

  constructor(statementMs: number) {
    this.lookup = Math.min(lookupMs, statementMs)
    this.#usual = statementMs + marginMs
  }

  get statement(): number {
    return this.#isLifted ? migrationMs : this.#usual
  }

  async liftedFor<T>(work: () => Promise<T>): Promise<T> {
    this.#isLifted = true
    try {
      return await work()
    } finally {
      this.#isLifted = false
    }
  }
}

function configOf(url: string, statementMs: number): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: 'lifeguard',
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: idleInTransactionMillis,
    types: numberTypes,
  }
}

async function checkServer(pool: PostgresPool): Promise<void> {
  const client = await pool.take()
  try {
    const { rows } = await client.run(
      `select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding`,
    )
    const { version, encoding } = rows[0] as { version: number; encoding: string }
    if (version < oldestServer) throw new StorageError(`PostgreSQL ${Math.floor(version / 10000)} is too old; Lifeguard needs 15 or newer.`)
    if (encoding !== 'UTF8') throw new StorageError(`The database has the encoding ${encoding}; Lifeguard needs UTF8.`)
  } finally {
    client.release()
  }
}

import { Socket } from 'node:net'
import type pg from 'pg'
import { DatabaseUnavailableError } from '../database-unavailable-error.ts'
import { type ClientOptions, PostgresClient } from './postgres-client.ts'
import { statementError } from './postgres-errors.ts'

/** `cork` holds back what is written until the current turn of the event loop ends. */
type Connection = { readonly client: PostgresClient; readonly cork: () => void }

/**
 * One connection for all look-ups by key outside transactions. The queries of one turn of the event loop leave in one packet, and their
 * answers arrive in a few packets: for such short queries, packets and wake-ups are most of the cost. A look-up waits for no lock, so it
 * does not delay the look-ups behind it.
 *
 * The connection is opened at the first query, and again at the first query after it was lost. `onLoss` is called for each loss.
 */
export class PostgresLookups {
  readonly #options: ClientOptions
  readonly #onLoss: (error: unknown) => void
  #connection: Connection | undefined
  #opening: Promise<Connection> | undefined
  #isClosed = false

  constructor(options: ClientOptions, onLoss: (error: unknown) => void) {
    this.#options = options
    this.#onLoss = onLoss
  }

  /**
   * A look-up changes nothing, so it is retried once on a new connection.
   * @throws DatabaseUnavailableError when the database cannot be reached
   */
  async query(config: pg.QueryConfig, isRetry = false): Promise<pg.QueryResult> {
    const connection = this.#connection ?? (await this.#openOnce())
    const { client, cork } = connection
    cork()
    client.sent++
    try {
      return await client.query(config)
    } catch (error) {
      const failure = statementError(error, client)
      if (!(failure instanceof DatabaseUnavailableError)) throw failure
      this.#discard(connection)
      void client.end()
      this.#onLoss(error)
      if (isRetry) throw failure
      return this.query(config, true)
    } finally {
      client.answered++
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const last = this.#connection ?? (await this.#opening?.catch(() => undefined))
    await last?.client.end()
  }

  #openOnce(): Promise<Connection> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<Connection> {
    if (this.#isClosed) throw new DatabaseUnavailableError('The database was closed.')
    try {
      const connection = await connect(this.#options)
      this.#connection = connection
      for (const event of ['error', 'end'] as const) connection.client.on(event, () => this.#discard(connection))
      return connection
    } catch (error) {
      this.#onLoss(error)
      throw new DatabaseUnavailableError('There is no connection to the database.', { cause: error })
    }
  }

  #discard(connection: Connection): void {
    if (this.#connection === connection) this.#connection = undefined
  }
}

async function connect(options: ClientOptions): Promise<Connection> {
  const socket = new Socket()
  const client = new PostgresClient({ ...options, config: { ...options.config, stream: () => socket } })
  await client.connect()
  return { client, cork: corkUntilTurnEnds(socket) }
}

function corkUntilTurnEnds(socket: Socket): () => void {
  let isCorked = false
  return () => {
    if (isCorked) return
    isCorked = true
    socket.cork()
    setImmediate(() => {
      isCorked = false
      socket.uncork()
    })
  }
}

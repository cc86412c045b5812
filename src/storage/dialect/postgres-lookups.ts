import { Socket } from 'node:net'
import type pg from 'pg'
import { DatabaseUnavailableError } from '../database-unavailable-error.ts'
import { type ClientOptions, PostgresClient } from './postgres-client.ts'
import { statementError } from './postgres-errors.ts'

type Line = { readonly client: PostgresClient; readonly gather: () => void }

/**
 * One connection for all look-ups by key that stand outside transactions. What is asked in one turn of the event loop leaves in one
 * packet, and the answers come back in few: for so short a query, packets and wake-ups are most of the cost. A look-up waits for no
 * lock, so that none holds up those behind it.
 *
 * It connects at the first query, and again at the first one after the connection was lost; `onLoss` hears of that.
 */
export class PostgresLookups {
  readonly #options: ClientOptions
  readonly #onLoss: (error: unknown) => void
  #line: Line | undefined
  #opening: Promise<Line> | undefined
  #isClosed = false

  constructor(options: ClientOptions, onLoss: (error: unknown) => void) {
    this.#options = options
    this.#onLoss = onLoss
  }

  /** Rejects with a `DatabaseUnavailableError` when the database is not there. As it changes nothing, it is asked twice if need be. */
  async query(config: pg.QueryConfig, isLast = false): Promise<pg.QueryResult> {
    const line = this.#line ?? (await this.#openOnce())
    const { client, gather } = line
    gather()
    client.asked++
    try {
      return await client.query(config)
    } catch (error) {
      const failure = statementError(error, client)
      if (!(failure instanceof DatabaseUnavailableError)) throw failure
      this.#forget(line)
      void client.end()
      this.#onLoss(error)
      if (isLast) throw failure
      return this.query(config, true)
    } finally {
      client.answered++
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const last = this.#line ?? (await this.#opening?.catch(() => undefined))
    await last?.client.end()
  }

  #openOnce(): Promise<Line> {
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  async #open(): Promise<Line> {
    if (this.#isClosed) throw new DatabaseUnavailableError('The database was closed.')
    try {
      const line = await openLine(this.#options)
      this.#line = line
      for (const event of ['error', 'end'] as const) line.client.on(event, () => this.#forget(line))
      return line
    } catch (error) {
      this.#onLoss(error)
      throw new DatabaseUnavailableError('There is no connection to the database.', { cause: error })
    }
  }

  #forget(line: Line): void {
    if (this.#line === line) this.#line = undefined
  }
}

async function openLine(options: ClientOptions): Promise<Line> {
  const socket = new Socket()
  const client = new PostgresClient({ ...options, config: { ...options.config, stream: () => socket } })
  await client.connect()
  return { client, gather: gatherByTurns(socket) }
}

/** What is written after a call goes out when this turn of the event loop ends. */
function gatherByTurns(socket: Socket): () => void {
  let isGathering = false
  return () => {
    if (isGathering) return
    isGathering = true
    socket.cork()
    setImmediate(() => {
      isGathering = false
      socket.uncork()
    })
  }
}

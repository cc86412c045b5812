/** What the watch needs to know about a connection. */
export type WatchedConnection = {
  /** Whether the database has not yet answered everything that was sent. */
  readonly isWaiting: boolean
  /** The number of answers that have arrived on this connection. */
  readonly answered: number
  /** The watch aborts the connection after this many milliseconds without any answer. */
  answerTimeoutMs(): number
  abort(error: Error): void
}

const tickMs = 250

/**
 * Aborts connections on which an answer is overdue. Nothing else notices soon that a network has gone silent: TCP waits for a quarter of an
 * hour. One timer serves all connections, so no statement needs a timer of its own.
 *
 * @NOTE The watch counts the ticks of its timer instead of comparing times. After this process was suspended, much time has passed, but
 * the answers may lie unread in the sockets. The timer then ticks only once, so the pause counts as one `tickMs`.
 */
export class ConnectionWatch {
  readonly #connections = new Map<WatchedConnection, { answered: number; ticks: number }>()
  readonly #timer: NodeJS.Timeout
  readonly #onAbort: (error: Error) => void

  constructor(onAbort: (error: Error) => void) {
    this.#onAbort = onAbort
    this.#timer = setInterval(() => this.#tick(), tickMs).unref()
  }

  add(connection: WatchedConnection): void {
    this.#connections.set(connection, { answered: 0, ticks: 0 })
  }

  remove(connection: WatchedConnection): void {
    this.#connections.delete(connection)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #tick(): void {
    for (const [connection, seen] of this.#connections) {
      const { answered } = connection
      if (!connection.isWaiting || answered !== seen.answered) {
        seen.answered = answered
        seen.ticks = 0
        continue
      }
      seen.ticks++
      const waited = seen.ticks * tickMs
      if (waited < connection.answerTimeoutMs()) continue
      this.#connections.delete(connection)
      const error = new Error(`No answer from the database within ${waited} ms`)
      connection.abort(error)
      this.#onAbort(error)
    }
  }
}

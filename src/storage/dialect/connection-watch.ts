/** What the watch has to know of a connection. */
export type WatchedConnection = {
  /** Whether something is outstanding that the other side has to answer. */
  readonly isWaiting: boolean
  /** Counts the answers. */
  readonly answered: number
  /** Milliseconds without any answer after which it is given up. */
  patience(): number
  giveUp(error: Error): void
}

const tickMs = 250

/**
 * Gives up connections on which an answer is overdue. Nothing else notices soon that a network has fallen silent: TCP waits for a quarter of
 * an hour. One timer serves all connections, so that a statement costs none of its own.
 *
 * @NOTE It counts its own ticks and not the time. When this process stood still, answers may lie in the sockets unread, and one late tick
 * says nothing about the other side.
 */
export class ConnectionWatch {
  readonly #connections = new Map<WatchedConnection, { answered: number; ticks: number }>()
  readonly #timer: NodeJS.Timeout
  readonly #onGivenUp: (error: Error) => void

  constructor(onGivenUp: (error: Error) => void) {
    this.#onGivenUp = onGivenUp
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
      if (waited < connection.patience()) continue
      this.#connections.delete(connection)
      const error = new Error(`No answer from the database within ${waited} ms`)
      connection.giveUp(error)
      this.#onGivenUp(error)
    }
  }
}

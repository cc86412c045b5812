import { setTimeout as delay } from 'node:timers/promises'
import type { StorageLogger } from './backend.ts'

/** How often to ask a database that is away. Short: all is to work again within two seconds of its return. */
const pauseMs = 250
/** One lost connection after the other must not fill the log. */
const quietMs = 10_000

/**
 * Whether the database is there, as far as this process knows. A lost connection is no proof that it is not, so it is asked before anything
 * is said; and then again until it answers. Meanwhile requests can be refused at once, in place of waiting for a connection.
 */
export class DatabaseAvailability {
  readonly #probe: () => Promise<unknown>
  readonly #logger: StorageLogger
  readonly #stop = new AbortController()
  #asking = false
  #awaySince: number | undefined
  #warnedAt = Number.NEGATIVE_INFINITY

  /** `probe` ends in time, one way or the other. */
  constructor(probe: () => Promise<unknown>, logger: StorageLogger) {
    this.#probe = probe
    this.#logger = logger
  }

  get isAway(): boolean {
    return this.#awaySince !== undefined
  }

  /** Whether the last sign was a bad one: something was lost, and the database has not answered since. */
  get isInDoubt(): boolean {
    return this.#asking
  }

  /** To be told of everything that could be a sign of the database's absence. */
  suspect(error: unknown): void {
    if (this.#asking || this.#stop.signal.aborted) return
    this.#asking = true
    void this.#askUntilBack(error).finally(() => {
      this.#asking = false
    })
  }

  close(): void {
    this.#stop.abort()
  }

  async #askUntilBack(error: unknown): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        await this.#probe()
        this.#noteAnswer(error)
        return
      } catch (failure) {
        this.#noteFailure(failure)
      }
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  #noteAnswer(error: unknown): void {
    if (this.#stop.signal.aborted) return
    if (this.#awaySince === undefined) {
      if (performance.now() - this.#warnedAt < quietMs) return
      this.#warnedAt = performance.now()
      this.#logger.warn({ err: error }, 'A database connection failed; others work')
      return
    }
    const seconds = Math.round((performance.now() - this.#awaySince) / 1000)
    this.#awaySince = undefined
    this.#logger.warn({ seconds }, 'The database is back')
  }

  #noteFailure(error: unknown): void {
    if (this.#awaySince !== undefined || this.#stop.signal.aborted) return
    this.#awaySince = performance.now()
    this.#logger.error({ err: error }, 'The database is away; requests that need it are refused until it is back')
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import type { StorageLogger } from './backend.ts'

/** How often an unreachable database is probed. Short, so that everything works again within two seconds of its return. */
const probeIntervalMs = 250
/** At most one warning about lost connections is logged in this time, so that such warnings do not fill the log. */
const warningIntervalMs = 10_000

/**
 * Whether the database can be reached, as far as this process knows. A lost connection alone proves nothing, so the database is probed
 * before anything is logged, and then until it answers. Meanwhile requests can be rejected at once instead of waiting for a connection.
 */
export class DatabaseAvailability {
  readonly #probe: () => Promise<unknown>
  readonly #logger: StorageLogger
  readonly #stop = new AbortController()
  #isProbing = false
  #unreachableSince: number | undefined
  #warnedAt = Number.NEGATIVE_INFINITY

  /** `probe` resolves or rejects within its own time limit. */
  constructor(probe: () => Promise<unknown>, logger: StorageLogger) {
    this.#probe = probe
    this.#logger = logger
  }

  get isUnreachable(): boolean {
    return this.#unreachableSince !== undefined
  }

  /** Whether a connection was lost and the database has not answered since. */
  get isInDoubt(): boolean {
    return this.#isProbing
  }

  /** To be called with every failure that may mean that the database cannot be reached. */
  reportFailure(error: unknown): void {
    if (this.#isProbing || this.#stop.signal.aborted) return
    this.#isProbing = true
    void this.#probeUntilAnswered(error).finally(() => {
      this.#isProbing = false
    })
  }

  close(): void {
    this.#stop.abort()
  }

  async #probeUntilAnswered(error: unknown): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        await this.#probe()
        this.#noteAnswer(error)
        return
      } catch (failure) {
        this.#logFailure(failure)
      }
      await delay(probeIntervalMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }

  #noteAnswer(error: unknown): void {
    if (this.#stop.signal.aborted) return
    if (this.#unreachableSince === undefined) {
      if (performance.now() - this.#warnedAt < warningIntervalMs) return
      this.#warnedAt = performance.now()
      this.#logger.warn({ err: error }, 'A database connection failed; the database itself answers')
      return
    }
    const seconds = Math.round((performance.now() - this.#unreachableSince) / 100) / 10
    this.#unreachableSince = undefined
    this.#logger.warn({ seconds }, 'The database can be reached again')
  }

  #logFailure(error: unknown): void {
    if (this.#unreachableSince !== undefined || this.#stop.signal.aborted) return
    this.#unreachableSince = performance.now()
    this.#logger.error({ err: error }, 'The database cannot be reached; requests that need it are answered 503 until it can')
  }
}

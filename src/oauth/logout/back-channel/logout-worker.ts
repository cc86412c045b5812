import type { Clock } from '../../../base/clock.ts'
import type { Logger } from '../../../base/logger.ts'
import { outsideSpans } from '../../../base/tracing.ts'
import { createWarningThrottle } from '../../../base/warning-throttle.ts'
import { nextAttemptAt } from '../../../messaging/retry-schedule.ts'
import { DatabaseUnavailableError } from '../../../storage/database-unavailable-error.ts'
import type { Db } from '../../../storage/db.ts'
import {
  claimLogoutNotices,
  deleteLogoutNotice,
  type LogoutNotice,
  postponeLogoutNotice,
} from '../../../users/session-clients/session-client-repository.ts'
import { type LogoutTokenResult, type SendLogoutTokenDeps, sendLogoutToken } from './send-logout-token.ts'

/** What became of an attempt. A logout token that was `given-up` is not sent again. */
export type LogoutAttemptOutcome = 'delivered' | 'postponed' | 'given-up'

/** Tells apps that sessions have ended, at least once, after the commit of the transactions that ended them. */
export type LogoutWorker = {
  /** Looks for sessions that have ended. It is cheap and never throws. */
  wake(): void
  /** Stops running attempts. The next process makes them again. */
  close(): Promise<void>
}

export type LogoutWorkerOptions = Omit<SendLogoutTokenDeps, 'timeoutMs'> & {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly countAttempt: (outcome: LogoutAttemptOutcome) => void
}

/** Time limit of one attempt, in milliseconds. */
const timeoutMs = 5_000
/** How long a lease lasts beyond the time limit. In this time the process stores the result of the attempt. */
const leaseMarginMs = 30_000
/** The most attempts that run at the same time, each for another client. So an app that hangs delays only its own logout tokens. */
const concurrency = 16
/** The milliseconds between two polls, which find retries that are due, and sessions that ended elsewhere. */
const pollMs = 2_000

export function createLogoutWorker(options: LogoutWorkerOptions): LogoutWorker {
  const worker = new Worker(options)
  const poll = setInterval(() => void worker.fill(), pollMs).unref()
  return {
    wake: () => void setImmediate(() => void worker.fill()),
    async close() {
      clearInterval(poll)
      await worker.close()
    },
  }
}

class Worker {
  readonly #options: LogoutWorkerOptions
  /** The running attempts, by client. */
  readonly #inFlight = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()
  readonly #warnings = createWarningThrottle()
  #filling: Promise<void> | undefined
  #fillAgain = false

  constructor(options: LogoutWorkerOptions) {
    this.#options = options
  }

  /** Starts attempts that are due. Never rejects. */
  async fill(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#fillAgain = true
    this.#filling ??= outsideSpans(() => this.#fillWhileRequested())
    await this.#filling
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#filling
    await Promise.all(this.#inFlight.values())
  }

  async #fillWhileRequested(): Promise<void> {
    while (this.#fillAgain && !this.#closing.signal.aborted) {
      this.#fillAgain = false
      try {
        await this.#startDue()
      } catch (error) {
        // The next poll tries again, and the storage module logs the failure.
        if (!(error instanceof DatabaseUnavailableError))
          this.#logError(error, 'Ended sessions could not be read; they are read again soon.')
      }
    }
    // This assignment must be in the same synchronous step as the last check of #fillAgain, so that no call of `fill` comes in between.
    this.#filling = undefined
  }

  async #startDue(): Promise<void> {
    const { db, clock } = this.#options
    while (!this.#closing.signal.aborted && this.#inFlight.size < concurrency) {
      const now = clock.now()
      const claim = { now, leaseUntil: now + timeoutMs + leaseMarginMs, limit: concurrency - this.#inFlight.size }
      const claimed = await claimLogoutNotices(db, { ...claim, exceptClients: [...this.#inFlight.keys()] })
      for (const notice of claimed) this.#start(notice)
      if (claimed.length === 0) return
    }
  }

  #start(notice: LogoutNotice): void {
    const attempt = this.#attempt(notice).finally(() => {
      this.#inFlight.delete(notice.clientId)
      void this.fill()
    })
    this.#inFlight.set(notice.clientId, attempt)
  }

  /** Makes one attempt and stores its result. Never rejects: when the result cannot be stored, the lease runs out. */
  async #attempt(notice: LogoutNotice): Promise<void> {
    const { db, countAttempt } = this.#options
    try {
      const result = await sendLogoutToken({ ...this.#options, timeoutMs }, notice, this.#closing.signal)
      if (result.kind === 'failed' || result.kind === 'refused') return await this.#recordFailure(notice, result)
      if (result.kind === 'delivered') countAttempt('delivered')
      await deleteLogoutNotice(db, notice)
    } catch (error) {
      this.#logError(error, 'The result of a logout token could not be stored; the app may be told again.')
    }
  }

  async #recordFailure(notice: LogoutNotice, { kind, reason }: LogoutTokenResult & { readonly reason: string }): Promise<void> {
    const { db, clock, countAttempt } = this.#options
    const { attempts, expiresAt, poolId, clientId } = notice
    const at = nextAttemptAt({ attempts, refused: kind === 'refused', expiresAt }, clock.now(), Math.random())
    const fields = { poolId, clientId, attempts, reason }
    if (at === undefined) {
      countAttempt('given-up')
      this.#logFailure('error', fields, 'An app could not be told that a session has ended, and was given up.')
      return deleteLogoutNotice(db, notice)
    }
    countAttempt('postponed')
    // Only the first failure is worth a warning.
    if (attempts === 1) this.#logFailure('warn', fields, 'An app could not be told that a session has ended; it is tried again.')
    return postponeLogoutNotice(db, notice, at)
  }

  /** At most one line a minute for each client and reason. */
  #logFailure(level: 'warn' | 'error', fields: { readonly clientId: string; readonly reason: string }, text: string): void {
    const { logger, clock } = this.#options
    const failures = this.#warnings.countToReport(`${level} ${fields.clientId} ${fields.reason}`, clock.now())
    if (failures !== undefined) logger[level]({ ...fields, failures }, text)
  }

  #logError(error: unknown, text: string): void {
    const { logger, clock } = this.#options
    const failures = this.#warnings.countToReport(`${text} ${error}`, clock.now())
    if (failures !== undefined) logger.error({ err: error, failures }, text)
  }
}

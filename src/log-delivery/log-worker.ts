import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { dayMs, minuteMs } from '../base/durations.ts'
import type { Logger } from '../base/logger.ts'
import { outsideSpans } from '../base/tracing.ts'
import { createWarningThrottle } from '../base/warning-throttle.ts'
import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts'
import type { Db } from '../storage/db.ts'
import { createHeldLease, type HeldLease } from '../storage/held-lease.ts'
import { type DeliveryResult, failureReason, type LogBatch, LogDeliveryError, type LogDestination } from './destinations/destination.ts'
import type { FindLogDestination } from './destinations/find-destination.ts'
import type { LogMetrics } from './log-metrics.ts'
import type { LogQueue, WaitingRecord } from './log-record.ts'
import { deleteLogRecords, dropOldestLogRecords, findLogRecords, findNewestSurplus, findNextLogQueue } from './log-record-repository.ts'

/** Delivers the records of all pools, each at least once, after the commit that wrote them. */
export type LogWorker = {
  /** Stops running deliveries. The next process makes them again. */
  close(): Promise<void>
}

export type LogWorkerOptions = {
  readonly db: Db
  readonly clock: Clock
  readonly logger: Pick<Logger, 'info' | 'warn'>
  /** Identifies this process among those that share the database. */
  readonly holder: string
  readonly findDestination: FindLogDestination
  readonly metrics: LogMetrics
  /** The most records that wait for one destination of a pool. When more wait, the oldest are dropped. */
  readonly maxWaiting: number
}

/** How soon a new record is delivered. */
const pollMs = 1000
/** Longer than a delivery takes. After a holder died, the next process takes over after this time. */
const leaseMs = 15_000
/** The time limit of one delivery. */
const timeoutMs = 10_000
/** The most queues that are delivered at the same time. */
const concurrency = 16
/** How many of these may be queues whose last delivery failed. So destinations that hang never take the place of all others. */
const concurrencyOfFailing = 4
/** After so many batches, a queue makes place for the next one. */
const batchesInARow = 20
/** The pause after a failure doubles up to this one. */
const longestPauseMs = 5 * minuteMs
/** How often the records of a queue are counted that fails or is behind. */
const countPauseMs = 5_000
/** How many records one statement drops. */
const dropSize = 500

type QueueState = {
  /** The destination that `failures` is about. */
  target: string | undefined
  failures: number
  nextAttemptAt: number
  countedAt: number
}

export function startLogWorker(options: LogWorkerOptions): LogWorker {
  const worker = new Worker(options)
  const poll = setInterval(() => void worker.poll(), pollMs).unref()
  return {
    async close() {
      clearInterval(poll)
      await worker.close()
    },
  }
}

class Worker {
  readonly #options: LogWorkerOptions
  readonly #lease: HeldLease
  readonly #closing = new AbortController()
  readonly #warnings = createWarningThrottle()
  /** The running deliveries, by queue. `isFailing`: the last delivery of the queue failed. */
  readonly #inFlight = new Map<string, { readonly isFailing: boolean; readonly ended: Promise<void> }>()
  /** What is known of queues whose last delivery failed, or that were counted lately. */
  readonly #states = new Map<string, QueueState>()
  /** The queue that was looked at last. The next poll goes on behind it, so that each queue gets its turn. */
  #last: LogQueue | undefined
  #polling: Promise<void> | undefined

  constructor(options: LogWorkerOptions) {
    const { db, clock, holder } = options
    this.#options = options
    this.#lease = createHeldLease({ name: 'log-delivery', holder }, { db, clock, ttlMs: leaseMs })
  }

  /** Starts deliveries that are due. Never rejects. */
  async poll(): Promise<void> {
    this.#polling ??= outsideSpans(() => this.#startDue())
      .catch((error) => this.#logError(error, 'Waiting log records could not be read; they are read again soon.'))
      .finally(() => {
        this.#polling = undefined
      })
    await this.#polling
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#polling
    await Promise.all([...this.#inFlight.values()].map(({ ended }) => ended))
    await this.#lease.release().catch(() => undefined)
  }

  async #startDue(): Promise<void> {
    const { db } = this.#options
    // Where nothing waits, the lease is not taken: that would be a write each second.
    const first = await findNextLogQueue(db, undefined)
    if (this.#closing.signal.aborted || first === undefined || !(await this.#lease.renew())) return
    const seen = new Set<string>()
    while (!this.#closing.signal.aborted && this.#inFlight.size < concurrency) {
      const queue = (this.#last && (await findNextLogQueue(db, this.#last))) ?? first
      if (seen.has(nameOf(queue))) return this.#forgetExcept(seen)
      this.#last = queue
      seen.add(nameOf(queue))
      await this.#consider(queue)
    }
  }

  /** Starts the delivery of the queue, unless it waits for the end of a pause or for a free place. */
  async #consider(queue: LogQueue): Promise<void> {
    const name = nameOf(queue)
    if (this.#inFlight.has(name)) return
    const { findDestination, clock } = this.#options
    const destination = await findDestination(queue)
    const state = this.#stateOf(queue)
    if (typeof destination !== 'string' && destination.target !== state.target) {
      Object.assign(state, { target: destination.target, failures: 0, nextAttemptAt: 0 })
    }
    const isFailing = state.failures > 0 && typeof destination !== 'string'
    const failing = [...this.#inFlight.values()].filter((one) => one.isFailing).length
    const mustWait = isFailing && (clock.now() < state.nextAttemptAt || failing >= concurrencyOfFailing)
    const ended = this.#work(queue, state, mustWait ? 'paused' : destination)
      .catch((error) => this.#logError(error, 'A delivery of log records could not be stored; the records may be delivered again.'))
      .finally(() => this.#inFlight.delete(name))
    this.#inFlight.set(name, { isFailing: isFailing && !mustWait, ended })
  }

  async #work(queue: LogQueue, state: QueueState, destination: LogDestination | 'gone' | 'unset' | 'paused'): Promise<void> {
    await this.#dropSurplus(queue, state)
    if (destination === 'paused') return
    if (typeof destination === 'string') return this.#dropUnwanted(queue, destination)
    for (let batches = 0; batches < batchesInARow && !this.#closing.signal.aborted && this.#lease.isHeld(); batches++) {
      const records = await findLogRecords(this.#options.db, queue, destination.batchSize)
      const isFull = records.length === destination.batchSize
      const [oldest] = records
      if (oldest === undefined || (!isFull && this.#options.clock.now() < oldest.at + destination.collectMs)) return
      if (!(await this.#deliver(queue, state, destination, records)) || !isFull) return
    }
  }

  /** False when the delivery failed. */
  async #deliver(queue: LogQueue, state: QueueState, destination: LogDestination, records: readonly WaitingRecord[]): Promise<boolean> {
    const { db, clock, metrics, logger } = this.#options
    const { kind } = destination
    const result = await this.#attempt(destination, batchOf(queue, records))
    const { left, rejected = 0, reason } = result
    // The next process makes the delivery again, so it has not failed.
    if (reason !== undefined && this.#closing.signal.aborted) return false
    const done = left === undefined ? records : records.filter(({ id }) => !left.has(id))
    metrics.countLogAttempt(kind, reason === undefined ? 'delivered' : 'failed')
    metrics.countLogRecords(kind, 'delivered', done.length - rejected)
    metrics.countLogRecords(kind, 'rejected', rejected)
    if (rejected > 0) this.#warn(queue, kind, { rejected }, 'A destination rejected log records. They are not delivered again.')
    await deleteLogRecords(
      db,
      queue,
      done.map(({ id }) => id),
    )
    if (reason === undefined) {
      if (state.failures > 0) logger.info({ ...queue, destination: kind, failures: state.failures }, 'Log records are delivered again.')
      state.failures = 0
      return true
    }
    state.failures++
    const pauseMs = Math.min(pollMs * 2 ** (state.failures - 1), longestPauseMs)
    state.nextAttemptAt = clock.now() + Math.ceil(pauseMs * (0.5 + Math.random() / 2))
    this.#warn(queue, kind, { reason }, 'Log records could not be delivered. They wait, and are delivered again.')
    return false
  }

  /** Delivers within the time limit, whether or not the destination obeys its signal. */
  async #attempt(destination: LogDestination, batch: LogBatch): Promise<DeliveryResult> {
    const controller = new AbortController()
    const { promise: ended, reject } = Promise.withResolvers<never>()
    const stop = (reason: string) => {
      reject(new LogDeliveryError(reason))
      controller.abort()
    }
    const timer = setTimeout(stop, timeoutMs, `no answer within ${timeoutMs} ms`)
    const onClosing = () => stop('the server is stopping')
    this.#closing.signal.addEventListener('abort', onClosing)
    if (this.#closing.signal.aborted) onClosing()
    try {
      return await Promise.race([destination.deliver(batch, controller.signal), ended])
    } catch (error) {
      return { left: new Set(batch.records.map(({ id }) => id)), reason: failureReason(error) }
    } finally {
      clearTimeout(timer)
      this.#closing.signal.removeEventListener('abort', onClosing)
    }
  }

  /** Drops the oldest records when too many wait. */
  async #dropSurplus(queue: LogQueue, state: QueueState): Promise<void> {
    const { db, clock, maxWaiting, metrics, findDestination } = this.#options
    if (clock.now() - state.countedAt < countPauseMs) return
    state.countedAt = clock.now()
    const upTo = await findNewestSurplus(db, queue, maxWaiting)
    if (upTo === undefined) return
    let dropped = 0
    for (let count = dropSize; count === dropSize && !this.#closing.signal.aborted; dropped += count) {
      count = await dropOldestLogRecords(db, queue, { limit: dropSize, upTo })
    }
    const destination = await findDestination(queue)
    const kind = typeof destination === 'string' ? kindsOfSinks[queue.sink] : destination.kind
    metrics.countLogRecords(kind, 'dropped', dropped)
    this.#warn(queue, kind, { dropped, maxWaiting }, 'Too many log records waited for their delivery. The oldest were dropped.')
  }

  /** Drops records that have no destination any more. When only this process lacks a setting, other processes have a day to deliver them. */
  async #dropUnwanted(queue: LogQueue, why: 'gone' | 'unset'): Promise<void> {
    const { db, clock } = this.#options
    for (;;) {
      const oldest = await findLogRecords(db, queue, dropSize)
      const unwanted = oldest.filter(({ at }) => why === 'gone' || at < clock.now() - dayMs)
      await deleteLogRecords(
        db,
        queue,
        unwanted.map(({ id }) => id),
      )
      if (unwanted.length < dropSize || this.#closing.signal.aborted) return
    }
  }

  #stateOf(queue: LogQueue): QueueState {
    const name = nameOf(queue)
    const known = this.#states.get(name)
    if (known !== undefined) return known
    const state = { target: undefined, failures: 0, nextAttemptAt: 0, countedAt: Number.NEGATIVE_INFINITY }
    this.#states.set(name, state)
    return state
  }

  /** Forgets the queues that have no records left, after a round that saw all others. */
  #forgetExcept(seen: ReadonlySet<string>): void {
    for (const name of this.#states.keys()) if (!seen.has(name) && !this.#inFlight.has(name)) this.#states.delete(name)
  }

  /** At most one line a minute for each pool, destination and text. */
  #warn(queue: LogQueue, destination: string, fields: object, text: string): void {
    const { logger, clock } = this.#options
    const times = this.#warnings.countToReport(`${text} ${nameOf(queue)}`, clock.now())
    if (times !== undefined) logger.warn({ ...queue, destination, ...fields, times }, text)
  }

  /** The storage layer logs the loss of the database. */
  #logError(error: unknown, text: string): void {
    if (error instanceof DatabaseUnavailableError) return
    const { logger, clock } = this.#options
    const times = this.#warnings.countToReport(text, clock.now())
    if (times !== undefined) logger.warn({ err: error, times }, text)
  }
}

const kindsOfSinks = { notification: 'cloudwatch', activity: 'cloudwatch', url: 'url', file: 'file' } as const

const nameOf = ({ poolId, sink }: LogQueue): string => `${poolId} ${sink}`

function batchOf({ poolId }: LogQueue, records: readonly WaitingRecord[]): LogBatch {
  const id = createHash('sha256')
  for (const record of records) id.update(record.id)
  return { id: id.digest('hex').slice(0, 32), poolId, records }
}

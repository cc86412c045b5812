import type { Clock } from '../base/clock.ts'
import { dayMs } from '../base/durations.ts'
import type { Secrets } from '../base/secrets.ts'
import { getActiveSpan, markFailed, outsideSpans } from '../base/tracing.ts'
import { createWarningThrottle } from '../base/warning-throttle.ts'
import type { LogSinks } from '../log-delivery/log-sinks.ts'
import { isPoolDeleted } from '../pools/pool-deletion-repository.ts'
import { DatabaseUnavailableError } from '../storage/database-unavailable-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import { DeliveryError, type Gateway } from './gateways/gateway.ts'
import { channelOfLane, type Lane, type QueuedMessage } from './message.ts'
import type { AttemptOutcome, MessageMetrics } from './message-metrics.ts'
import { traceAttempt } from './message-spans.ts'
import { queueNotificationRecord } from './notification-record.ts'
import { openMessage } from './outbox.ts'
import {
  claimOutboxEntries,
  deleteOutboxEntry,
  giveUpOutboxEntry,
  hasDueEntry,
  type OutboxEntry,
  recordDelivery,
  rescheduleOutboxEntry,
} from './outbox-repository.ts'
import { nextAttemptAt } from './retry-schedule.ts'

/** The part of pino's logger that this module uses. */
export type MessagingLogger = {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export type LaneOptions = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly logger: MessagingLogger
  readonly channel: Lane
  readonly gateway: Gateway<QueuedMessage>
  /** The most deliveries that run at the same time. */
  readonly concurrency: number
  /** Time limit of one attempt, in milliseconds. */
  readonly timeoutMs: number
  /** Whether messages are kept as records after they were sent or failed. */
  readonly keepRecords: boolean
  readonly metrics: MessageMetrics
  readonly logSinks: Pick<LogSinks, 'findForNotifications'>
}

/** How long a lease lasts beyond the time limit of the attempt. In this time the process stores the result of the attempt. */
const leaseMarginMs = 30_000

/** The assumed lifetime of a message whose expiry is unknown, because its sealed payload does not open. */
const unreadableLifetimeMs = dayMs

/** Delivers the messages of one lane. A gateway that hangs delays only the deliveries of its own lane. */
export class OutboxLane {
  readonly #options: LaneOptions
  /** The running deliveries, by `sub`. A user gets one message at a time, in the order in which the messages were queued. */
  readonly #inFlight = new Map<string, Promise<void>>()
  readonly #closing = new AbortController()
  readonly #warnings = createWarningThrottle()
  #closed = false
  #filling: Promise<void> | undefined
  #fillAgain = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Starts deliveries of due messages, up to the concurrency limit. Resolves when the deliveries have started; never rejects. */
  async fill(): Promise<void> {
    if (this.#closed) return
    this.#fillAgain = true
    this.#filling ??= outsideSpans(() => this.#fillWhileRequested())
    await this.#filling
  }

  /** Resolves when every message that was due at `asOf` has been tried, and this process has no delivery running. */
  async drain(asOf: number): Promise<void> {
    const { db, channel } = this.#options
    do {
      await this.fill()
      await Promise.all(this.#inFlight.values())
      // The end of one delivery may start another. That other message is then no longer due, but `drain` must still wait for its delivery.
    } while (!this.#closed && ((await hasDueEntry(db, channel, asOf)) || this.#filling !== undefined || this.#inFlight.size > 0))
  }

  /** Starts no more deliveries and waits for the running ones. Stops them after `graceMs`; another process then retries the messages. */
  async close(graceMs: number): Promise<void> {
    const stop = setTimeout(() => this.#closing.abort(), graceMs)
    this.#closed = true
    await this.#filling
    await Promise.all(this.#inFlight.values())
    clearTimeout(stop)
    this.#closing.abort()
    await this.#options.gateway.close?.()
  }

  async #fillWhileRequested(): Promise<void> {
    while (this.#fillAgain && !this.#closed) {
      this.#fillAgain = false
      try {
        await this.#startDue()
      } catch (error) {
        // The next poll tries again, and the storage module logs the failure.
        if (error instanceof DatabaseUnavailableError) continue
        this.#logError(error, { channel: this.#options.channel }, 'The outbox could not be read; it is read again soon.')
      }
    }
    // This assignment must be in the same synchronous step as the last check of #fillAgain, so that no call of `fill` comes in between.
    this.#filling = undefined
  }

  async #startDue(): Promise<void> {
    const { db, clock, channel, concurrency, timeoutMs } = this.#options
    // One claim is not enough. It takes at most one message of each user, and it reads only the first due messages, perhaps of few users.
    while (!this.#closed && this.#inFlight.size < concurrency) {
      const now = clock.now()
      const leaseUntil = now + timeoutMs + leaseMarginMs
      const limit = concurrency - this.#inFlight.size
      const claimed = await claimOutboxEntries(db, { channel, now, leaseUntil, limit, exceptSubs: [...this.#inFlight.keys()] })
      for (const entry of claimed) this.#start(entry, leaseUntil)
      if (claimed.length === 0) return
    }
  }

  #start(entry: OutboxEntry, leaseUntil: number): void {
    if (entry.attempts === 1) this.#options.metrics.started(channelOfLane(entry.channel))
    const gateway = this.#options.gateway.kind ?? 'other'
    const delivery = traceAttempt(entry, gateway, () => this.#attempt(entry, leaseUntil)).finally(() => {
      this.#inFlight.delete(entry.sub)
      void this.fill()
    })
    this.#inFlight.set(entry.sub, delivery)
  }

  /** Makes one attempt and stores its result. Never rejects: when the result cannot be stored, the lease runs out. */
  async #attempt(entry: OutboxEntry, leaseUntil: number): Promise<void> {
    try {
      // The messages of a deleted pool are not sent, although the sweeper deletes them only some time later.
      if (await isPoolDeleted(this.#options.db, entry.poolId)) return await deleteOutboxEntry(this.#options.db, entry)
      const { failure, expiresAt } = await this.#deliver(entry)
      if (failure === undefined) this.#countAttempt('sent')
      if (failure !== undefined) await this.#recordFailure(entry, leaseUntil, { ...failure, expiresAt })
      else if (this.#options.keepRecords) await recordDelivery(this.#options.db, entry, this.#endedNow(expiresAt))
      else await deleteOutboxEntry(this.#options.db, entry)
    } catch (error) {
      this.#logError(error, loggable(entry), 'The result of a delivery could not be stored; the message may be sent again.')
    }
  }

  async #deliver(entry: OutboxEntry): Promise<{ failure: Failure | undefined; expiresAt: number }> {
    const { secrets, clock, gateway, timeoutMs } = this.#options
    const message = openMessage(secrets, entry)
    const expiresAt = message?.expiresAt ?? entry.createdAt + unreadableLifetimeMs
    if (message === undefined) return { failure: { reason: 'the message was sealed under another master key', refused: false }, expiresAt }
    if (expiresAt <= clock.now())
      return { failure: { reason: entry.lastError ?? 'it expired before it could be sent', refused: false }, expiresAt }
    try {
      const outgoing = { id: entry.id, queuedAt: entry.createdAt, message }
      await withinTime(timeoutMs, this.#closing.signal, (signal) => gateway.deliver(outgoing, signal))
      return { failure: undefined, expiresAt }
    } catch (error) {
      if (error instanceof DeliveryError) return { failure: { reason: error.reason, refused: error.refused }, expiresAt }
      // The text of any other error may quote the message, so only its name is recorded.
      return { failure: { reason: error instanceof Error ? error.name : 'unknown failure', refused: false }, expiresAt }
    }
  }

  /** At most one line a minute for each cause. */
  #logError(error: unknown, fields: object, text: string): void {
    const failures = this.#warnings.countToReport(`${text} ${error}`, this.#options.clock.now())
    if (failures !== undefined) this.#options.logger.error({ err: error, ...fields, failures }, text)
  }

  #countAttempt(outcome: AttemptOutcome): void {
    const { metrics, channel, gateway } = this.#options
    metrics.attempted(channelOfLane(channel), gateway.kind ?? 'other', outcome)
    getActiveSpan()?.setAttribute('lifeguard.outcome', outcome)
  }

  #endedNow(expiresAt: number): { endedAt: number; contentUntil: number } {
    return { endedAt: this.#options.clock.now(), contentUntil: expiresAt }
  }

  async #recordFailure(
    entry: OutboxEntry,
    leaseUntil: number,
    { reason, refused, expiresAt }: Failure & { expiresAt: number },
  ): Promise<void> {
    const { db, clock, logger, keepRecords } = this.#options
    const at = nextAttemptAt({ attempts: entry.attempts, refused, expiresAt }, clock.now(), Math.random())
    this.#countAttempt(at === undefined ? 'given-up' : 'postponed')
    markFailed(getActiveSpan(), refused ? 'refused' : 'not-delivered')
    const fields = { ...loggable(entry), reason }
    if (at === undefined) {
      const sinks = await this.#options.logSinks.findForNotifications(entry.poolId)
      const giveUp = async (db: Db | Tx) => {
        if (keepRecords) await giveUpOutboxEntry(db, entry, { leaseUntil, reason, refused, ...this.#endedNow(expiresAt) })
        else await deleteOutboxEntry(db, entry)
      }
      if (sinks.length === 0) await giveUp(db)
      else
        await db.transaction().execute(async (tx) => {
          await giveUp(tx)
          await queueNotificationRecord(tx, sinks, { ...entry, reason, now: clock.now() })
        })
      this.#logFailure('error', fields, 'A message could not be delivered and was given up.')
      return
    }
    await rescheduleOutboxEntry(db, entry, { leaseUntil, nextAttemptAt: at, reason, refused })
    const text = 'A message could not be delivered; it stays queued and is tried again.'
    const due = { ...fields, nextAttemptAt: new Date(at).toISOString() }
    // Only the first failure of a message is worth a warning.
    if (entry.attempts === 1) this.#logFailure('warn', due, text)
    else logger.info(due, text)
  }

  /**
   * The first message that fails for a reason gets a line of that level, and then one message a minute, with their count. The other
   * messages get lines of the level `info`. So do all messages for which no gateway is set, since a warning at the start says so.
   */
  #logFailure(level: 'warn' | 'error', fields: { readonly reason: string }, text: string): void {
    const { logger, clock, gateway } = this.#options
    const messages = gateway.kind === 'none' ? undefined : this.#warnings.countToReport(`${level} ${fields.reason}`, clock.now())
    if (messages !== undefined) logger[level]({ ...fields, messages }, text)
    else logger.info(fields, text)
  }
}

type Failure = { readonly reason: string; readonly refused: boolean }

function loggable({ id, poolId, channel, trigger, attempts }: OutboxEntry): object {
  return { messageId: id, poolId, channel, trigger, attempts }
}

/** Runs `work`. Rejects at the time limit, or when the lane closes, whether or not `work` obeys its signal. */
async function withinTime(timeoutMs: number, closing: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController()
  const stopped = Promise.withResolvers<never>()
  const stop = (reason: string) => {
    const error = new DeliveryError(reason)
    stopped.reject(error)
    controller.abort(error)
  }
  const timer = setTimeout(stop, timeoutMs, `no answer within ${timeoutMs} ms`)
  const onClosing = () => stop('the server is stopping')
  closing.addEventListener('abort', onClosing)
  if (closing.aborted) onClosing()
  try {
    await Promise.race([work(controller.signal), stopped.promise])
  } finally {
    clearTimeout(timer)
    closing.removeEventListener('abort', onClosing)
  }
}

import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import type { LogSinks } from '../log-delivery/log-sinks.ts'
import type { Db } from '../storage/db.ts'
import type { Gateway, Gateways } from './gateways/gateway.ts'
import type { CustomSenderMessage, Lane, QueuedMessage } from './message.ts'
import { type MessageMetrics, noMessageMetrics } from './message-metrics.ts'
import { type MessagingLogger, OutboxLane } from './outbox-lane.ts'

/** Delivers the messages of the outbox after the commit of their transactions, at least once. */
export type OutboxWorker = {
  /** Looks for due messages in `lanes`, by default in all. Call it after a commit that queued messages. It is cheap and never throws. */
  wake(lanes?: Iterable<Lane>): void
  /** Resolves when every message that was due at the time of the call has been tried. */
  drain(): Promise<void>
  /** Finishes or stops running deliveries and closes the gateways. Other messages stay in the outbox for the next process. */
  close(): Promise<void>
}

type Options = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly gateways: Gateways
  /** Delivers through the custom senders of pools. */
  readonly customSender?: Gateway<CustomSenderMessage>
  readonly logger: MessagingLogger
  /** Counts deliveries for the operator. By default nothing is counted. */
  readonly metrics?: MessageMetrics
  /** Time limit of one attempt, in milliseconds. */
  readonly timeoutMs?: number
  /** Whether messages are kept as records after they were sent or failed. True by default. */
  readonly keepRecords?: boolean
  /** Finds which logs get the messages that are given up. By default none does. */
  readonly logSinks?: Pick<LogSinks, 'findForNotifications'>
  /** The most deliveries of one lane that run at the same time. */
  readonly concurrency?: number
  /** The milliseconds between two polls, which find retries that are due and messages that other processes left behind. */
  readonly pollMs?: number
  /** Milliseconds that `close` waits before it stops running deliveries. */
  readonly graceMs?: number
}

/** Time limit of one attempt by a custom sender: the longest that a pool may set for the function, plus time to encrypt the code. */
const customSenderTimeoutMs = 75_000

export function createOutboxWorker({
  gateways,
  customSender,
  metrics = noMessageMetrics,
  timeoutMs = 30_000,
  keepRecords = true,
  logSinks = { findForNotifications: async () => [] },
  concurrency = 8,
  pollMs = 2_000,
  graceMs = 5_000,
  ...shared
}: Options): OutboxWorker {
  const openLane = (channel: Lane, gateway: Gateway<QueuedMessage>, attemptMs = timeoutMs) =>
    new OutboxLane({ ...shared, channel, gateway, concurrency, timeoutMs: attemptMs, keepRecords, metrics, logSinks })
  const lanes = new Map<Lane, OutboxLane>([
    ['email', openLane('email', gateways.email)],
    ['sms', openLane('sms', gateways.sms)],
  ])
  if (customSender !== undefined)
    for (const lane of ['custom-email', 'custom-sms'] as const) lanes.set(lane, openLane(lane, customSender, customSenderTimeoutMs))
  const fill = (names: Iterable<Lane>) => {
    for (const lane of names) void lanes.get(lane)?.fill()
  }
  const poll = setInterval(() => fill(lanes.keys()), pollMs).unref()
  const woken = new Set<Lane>()
  let closing: Promise<unknown> | undefined
  return {
    wake(names = lanes.keys()) {
      // Lanes are filled after this turn of the event loop, so that messages of requests that commit together are claimed together.
      if (woken.size === 0) {
        setImmediate(() => {
          fill(woken)
          woken.clear()
        })
      }
      for (const lane of names) woken.add(lane)
    },
    async drain() {
      const asOf = shared.clock.now()
      await Promise.all([...lanes.values()].map((lane) => lane.drain(asOf)))
    },
    async close() {
      clearInterval(poll)
      closing ??= Promise.all([...lanes.values()].map((lane) => lane.close(graceMs)))
      await closing
    },
  }
}

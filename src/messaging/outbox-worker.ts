import type { Clock } from '../base/clock.ts'
import type { Secrets } from '../base/secrets.ts'
import type { Db } from '../storage/db.ts'
import type { Gateway, Gateways } from './gateways/gateway.ts'
import type { CustomSenderMessage, Lane, QueuedMessage } from './message.ts'
import { type MessagingLogger, OutboxLane } from './outbox-lane.ts'

/** Delivers what transactions have put into the outbox: after their commit, at least once. */
export type OutboxWorker = {
  /** To be called after a commit that queued something, with the lanes it may have gone to: all if unsaid. Costs next to nothing and never throws. */
  wake(lanes?: Iterable<Lane>): void
  /** Resolves when everything due that was queued before the call has been tried. */
  drain(): Promise<void>
  /** Finishes or stops what is on its way and closes the gateways. What is left stays in the outbox for the next process. */
  close(): Promise<void>
}

type Options = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly gateways: Gateways
  /** Takes what the pools' own code sends. */
  readonly customSender?: Gateway<CustomSenderMessage>
  readonly logger: MessagingLogger
  /** Milliseconds that one attempt may take. */
  readonly timeoutMs?: number
  /** Whether what was sent or given up stays for the record; true unless it is said otherwise. */
  readonly keepRecords?: boolean
  /** How many messages of one channel are on their way at once. */
  readonly concurrency?: number
  /** How often, in milliseconds, to look for what other processes left behind and for what is due again. */
  readonly pollMs?: number
  /** How long `close` waits, in milliseconds, before it stops what is on its way. */
  readonly graceMs?: number
}

/** As long as a pool may allow its function, and the time to encrypt the code before. */
const longestFunctionMs = 75_000

export function createOutboxWorker({
  db,
  secrets,
  clock,
  gateways,
  customSender,
  logger,
  timeoutMs = 30_000,
  keepRecords = true,
  concurrency = 8,
  pollMs = 2_000,
  graceMs = 5_000,
}: Options): OutboxWorker {
  const openLane = (channel: Lane, gateway: Gateway<QueuedMessage>, attemptMs = timeoutMs) =>
    new OutboxLane({ db, secrets, clock, logger, channel, gateway, concurrency, timeoutMs: attemptMs, keepRecords })
  const lanes = new Map<Lane, OutboxLane>([
    ['email', openLane('email', gateways.email)],
    ['sms', openLane('sms', gateways.sms)],
  ])
  if (customSender !== undefined) {
    for (const lane of ['custom-email', 'custom-sms'] as const) lanes.set(lane, openLane(lane, customSender, longestFunctionMs))
  }
  const fill = (some: Iterable<Lane>) => {
    for (const lane of some) void lanes.get(lane)?.fill()
  }
  const poll = setInterval(() => fill(lanes.keys()), pollMs).unref()
  const woken = new Set<Lane>()
  let closing: Promise<unknown> | undefined
  return {
    wake(some = lanes.keys()) {
      // After the turn: the requests that commit together are claimed together.
      if (woken.size === 0) {
        setImmediate(() => {
          fill(woken)
          woken.clear()
        })
      }
      for (const lane of some) woken.add(lane)
    },
    async drain() {
      const asOf = clock.now()
      await Promise.all([...lanes.values()].map((lane) => lane.drain(asOf)))
    },
    async close() {
      clearInterval(poll)
      closing ??= Promise.all([...lanes.values()].map((lane) => lane.close(graceMs)))
      await closing
    },
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import { newOrderedId } from '../base/ordered-id.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { Pool } from '../pools/pool.ts'
import { ignoreUnavailable } from '../storage/database-unavailable-error.ts'
import type { Db, Tx } from '../storage/db.ts'
import { sealedTable } from '../storage/sealed-table.ts'
import { hasCustomSender } from '../triggers/custom-sender.ts'
import type { Delivery } from './destination.ts'
import type { Lane, QueuedMessage } from './message.ts'
import { exceededLimitText } from './message-limits.ts'
import { findFirstAttempts } from './message-record-repository.ts'
import { insertOutboxEntry, type OutboxEntry, type Withheld } from './outbox-repository.ts'

/** What an operation that queues messages does with them once its transaction has committed. */
export type Outbox = {
  /**
   * Has them sent. In pools whose messages have `OnRefusal: FAIL` it waits, not for long, for how the first attempts go: throws
   * CodeDeliveryFailureException when a message was refused where it was to go, and LimitExceededException when a limit of the pool held one
   * back. @NOTE An answer that must not tell who exists names no deliveries, since those of nobody are never refused.
   */
  afterCommit(pool: Pool, deliveries: readonly Delivery[]): Promise<void>
}

const firstLookMs = 10
const longestPauseMs = 250

type Options = {
  readonly db: Db
  wake(lanes: readonly Lane[] | undefined): void
  /** Milliseconds after which a call ends without knowing how the first attempt goes. */
  readonly longestWaitMs?: number
}

export function createAfterCommit({ db, wake, longestWaitMs = 10_000 }: Options): Outbox['afterCommit'] {
  return async (pool, deliveries) => {
    wake(deliveries.length > 0 ? lanesOf(pool) : undefined)
    if (extensionsOf(pool).messages.onRefusal !== 'FAIL') return
    const messages = deliveries.flatMap(({ message }) => message ?? [])
    for (const { exceededLimit } of messages)
      if (exceededLimit !== undefined) throw new ApiError('LimitExceededException', exceededLimitText(pool, exceededLimit))
    const ids = messages.map(({ id }) => id)
    if (ids.length > 0 && (await isRefused(db, pool.id, ids, longestWaitMs))) {
      throw new ApiError('CodeDeliveryFailureException', 'The message was refused where it was to be delivered.')
    }
  }
}

/** Where what this pool queues goes; what is queued once more may go where it went before. */
const lanesOf = (pool: Pool): readonly Lane[] =>
  (['email', 'sms'] as const).map((channel) => (hasCustomSender(pool, channel) ? (`custom-${channel}` as const) : channel))

/** Looks into the database, because any process may be the one that delivers. Slowness is no refusal, and neither is a database that is lost meanwhile. */
async function isRefused(db: Db, poolId: string, ids: readonly string[], longestWaitMs: number): Promise<boolean> {
  const end = performance.now() + longestWaitMs
  for (let pause = firstLookMs; performance.now() < end; pause = Math.min(pause * 2, longestPauseMs)) {
    await delay(pause)
    const found = await findFirstAttempts(db, poolId, ids).catch(ignoreUnavailable)
    if (found === undefined) return false
    if (found.refused || found.allOver) return found.refused
  }
  return false
}

/**
 * Puts a message into the outbox in the transaction that caused it: it is sent if and only if that commits. Call `afterCommit` then.
 * Answers the message's id. The content is sealed, for it holds a code or a password in the clear; so is its label, which outlives it.
 * `withheld` keeps a message for the record only.
 */
export async function queueMessage(
  tx: Tx,
  secrets: Secrets,
  { message, now, withheld }: { message: QueuedMessage; now: number; withheld?: Omit<Withheld, 'contentUntil'> | undefined },
): Promise<string> {
  const id = newOrderedId(now)
  const { poolId, sub, channel, trigger, recipient, username, expiresAt } = message
  const context = sealContext(poolId, id)
  const payload = secrets.seal('message', JSON.stringify(message), context)
  const label = secrets.seal('message', JSON.stringify({ recipient, username, expiresAt } satisfies MessageLabel), `${context}/label`)
  await insertOutboxEntry(tx, {
    id,
    poolId,
    sub,
    channel,
    trigger,
    payload,
    label,
    createdAt: now,
    withheld: withheld && { ...withheld, contentUntil: expiresAt },
  })
  return id
}

type Sealed = Pick<OutboxEntry, 'poolId' | 'id' | 'payload'>

/** Undefined when the payload was emptied, altered or sealed under another master key. */
export function openMessage(secrets: Secrets, { poolId, id, payload }: Sealed): QueuedMessage | undefined {
  const plain = secrets.open('message', payload, sealContext(poolId, id))
  return plain && (JSON.parse(plain.toString()) as QueuedMessage)
}

/** What is told of a message after it has been emptied. */
export type MessageLabel = Pick<QueuedMessage, 'recipient' | 'username' | 'expiresAt'>

/** Undefined when neither label nor payload can be read. */
export function openLabel(secrets: Secrets, entry: Sealed & { readonly label: string | undefined }): MessageLabel | undefined {
  const plain = entry.label && secrets.open('message', entry.label, `${sealContext(entry.poolId, entry.id)}/label`)
  return plain ? (JSON.parse(plain.toString()) as MessageLabel) : openMessage(secrets, entry)
}

function sealContext(poolId: string, id: string): string {
  return `outbox/${poolId}/${id}`
}

export const sealedMessages = sealedTable('outbox', {
  key: ['id'],
  columns: {
    payload: (secrets, sealed, row) => secrets.reseal('message', sealed, sealContext(row.pool_id, row.id)),
    label: (secrets, sealed, row) => secrets.reseal('message', sealed, `${sealContext(row.pool_id, row.id)}/label`),
  },
})

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
import { traceQueueing } from './message-spans.ts'
import { insertOutboxEntry, type OutboxEntry, type Withheld } from './outbox-repository.ts'

export type Outbox = {
  /**
   * Starts the delivery of messages that a transaction queued. Call it once the transaction has committed. In pools with the setting
   * `OnRefusal: FAIL` this call waits until the first delivery attempts have ended, or until a time limit (`maxWaitMs`) is reached.
   * @throws ApiError CodeDeliveryFailureException in such a pool, when the mail server or the SMS provider refused a message.
   * @throws ApiError LimitExceededException in such a pool, when a message exceeds a limit of the pool.
   * @NOTE Pass no deliveries where the answer must not reveal whether a user exists. A message to a decoy is never refused, so a refusal
   *   would reveal that the user exists.
   */
  afterCommit(pool: Pool, deliveries: readonly Delivery[]): Promise<void>
}

const firstPauseMs = 10
const maxPauseMs = 250

type Options = {
  readonly db: Db
  wake(lanes: readonly Lane[] | undefined): void
  /** The longest time that a call waits for the first delivery attempts to end, in milliseconds. */
  readonly maxWaitMs?: number
}

export function createAfterCommit({ db, wake, maxWaitMs = 10_000 }: Options): Outbox['afterCommit'] {
  return async (pool, deliveries) => {
    wake(deliveries.length > 0 ? lanesOf(pool) : undefined)
    if (extensionsOf(pool).messages.onRefusal !== 'FAIL') return
    const messages = deliveries.flatMap(({ message }) => message ?? [])
    for (const { exceededLimit } of messages)
      if (exceededLimit !== undefined) throw new ApiError('LimitExceededException', exceededLimitText(pool, exceededLimit))
    const ids = messages.map(({ id }) => id)
    if (ids.length > 0 && (await isRefused(db, pool.id, ids, maxWaitMs))) {
      throw new ApiError('CodeDeliveryFailureException', 'The message was refused where it was to be delivered.')
    }
  }
}

/** The lanes for new messages of this pool. A message that is sent again may use the lane it had before. */
const lanesOf = (pool: Pool): readonly Lane[] =>
  (['email', 'sms'] as const).map((channel) => (hasCustomSender(pool, channel) ? (`custom-${channel}` as const) : channel))

/**
 * Whether one of these messages was refused. Polls the database, because any process may deliver the messages. A slow delivery does not
 * count as refused, and neither does a delivery whose result is unknown because the database is unavailable.
 */
async function isRefused(db: Db, poolId: string, ids: readonly string[], maxWaitMs: number): Promise<boolean> {
  const deadline = performance.now() + maxWaitMs
  for (let pause = firstPauseMs; performance.now() < deadline; pause = Math.min(pause * 2, maxPauseMs)) {
    await delay(pause)
    const attempts = await findFirstAttempts(db, poolId, ids).catch(ignoreUnavailable)
    if (attempts === undefined) return false
    if (attempts.refused || attempts.allEnded) return attempts.refused
  }
  return false
}

/**
 * Stores a message in the outbox, in the transaction that caused the message. So the message is sent if and only if that transaction
 * commits. Call `afterCommit` after the commit. Resolves with the id of the message. The message is sealed because it holds a code or a
 * password. What the message record shows later (such as the recipient) is sealed as well. A message with `withheld` is recorded with that
 * reason, and never sent.
 */
export function queueMessage(tx: Tx, secrets: Secrets, entry: NewMessage): Promise<string> {
  const insert = () => insertMessage(tx, secrets, entry)
  return entry.withheld === undefined ? traceQueueing(entry.message, insert) : insert()
}

type NewMessage = {
  readonly message: QueuedMessage
  readonly now: number
  readonly withheld?: Omit<Withheld, 'contentUntil'> | undefined
}

async function insertMessage(tx: Tx, secrets: Secrets, { message, now, withheld }: NewMessage): Promise<string> {
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

type SealedMessage = Pick<OutboxEntry, 'poolId' | 'id' | 'payload'>

/** Opens the sealed payload of a message. Undefined when it has been emptied, was altered, or is sealed under another master key. */
export function openMessage(secrets: Secrets, { poolId, id, payload }: SealedMessage): QueuedMessage | undefined {
  const plain = secrets.open('message', payload, sealContext(poolId, id))
  return plain && (JSON.parse(plain.toString()) as QueuedMessage)
}

/**
 * The recipient, username and expiry of a message. They are stored apart, because they are still needed after the payload has been emptied.
 */
export type MessageLabel = Pick<QueuedMessage, 'recipient' | 'username' | 'expiresAt'>

/**
 * Opens the sealed recipient, username and expiry of a message (`label`). When they cannot be read, they are taken from the payload.
 * Undefined when the payload cannot be read either.
 */
export function openLabel(secrets: Secrets, entry: SealedMessage & { readonly label: string | undefined }): MessageLabel | undefined {
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

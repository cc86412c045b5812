import { newOrderedId } from '../base/ordered-id.ts'
import type { Secrets } from '../base/secrets.ts'
import type { Tx } from '../storage/db.ts'
import { sealedTable } from '../storage/sealed-table.ts'
import type { QueuedMessage } from './message.ts'
import { insertOutboxEntry, type OutboxEntry, type Withheld } from './outbox-repository.ts'

/**
 * Puts a message into the outbox in the transaction that caused it: it is sent if and only if that commits. Call `afterCommit` then.
 * Answers the message's id. The content is sealed, for it holds a code or a password in the clear; so is its label, which outlives it.
 * `withheld` keeps a message for the record only.
 */
export async function queueMessage(
  tx: Tx,
  secrets: Secrets,
  message: QueuedMessage,
  now: number,
  withheld?: Omit<Withheld, 'contentUntil'>,
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

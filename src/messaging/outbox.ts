import type { Secrets } from '../base/secrets.ts'
import type { Tx } from '../storage/db.ts'
import type { QueuedMessage } from './message.ts'
import { newMessageId } from './message-id.ts'
import { insertOutboxEntry, type OutboxEntry } from './outbox-repository.ts'

/**
 * Puts a message into the outbox in the transaction that caused it: it is sent if and only if that commits. Call the
 * worker's `wake` after the commit. Answers the message's id. The content is sealed, for it holds a code or a password in the clear.
 */
export async function queueMessage(tx: Tx, secrets: Secrets, message: QueuedMessage, now: number): Promise<string> {
  const id = newMessageId(now)
  const { poolId, sub, channel, trigger } = message
  const payload = secrets.seal('message', JSON.stringify(message), sealContext(poolId, id))
  await insertOutboxEntry(tx, { id, poolId, sub, channel, trigger, payload, createdAt: now })
  return id
}

/** Undefined when the payload was altered or sealed under another master key. */
export function openMessage(secrets: Secrets, { poolId, id, payload }: OutboxEntry): QueuedMessage | undefined {
  const plain = secrets.open('message', payload, sealContext(poolId, id))
  return plain && (JSON.parse(plain.toString()) as QueuedMessage)
}

function sealContext(poolId: string, id: string): string {
  return `outbox/${poolId}/${id}`
}

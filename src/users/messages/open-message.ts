import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { QueuedMessage } from '../../messaging/message.ts'
import { findMessageRow, type MessageRow } from '../../messaging/message-record-repository.ts'
import { openMessage } from '../../messaging/outbox.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'

/** @throws ApiError ResourceNotFoundException when the pool has no such message */
export async function getMessageRow(db: Db | Tx, pool: Pool, id: string): Promise<MessageRow> {
  const row = await findMessageRow(db, pool.id, id)
  if (row === undefined) throw messageNotFound(id)
  return row
}

export function messageNotFound(id: string): ApiError {
  return new ApiError('ResourceNotFoundException', `Message ${id} does not exist.`)
}

/** @throws ApiError InvalidParameterException when the message has expired or its content was deleted */
export function openUnexpiredMessage(secrets: Secrets, row: MessageRow, now: number): QueuedMessage {
  const message = openMessage(secrets, row)
  if (message === undefined || message.expiresAt <= now) {
    throw new ApiError('InvalidParameterException', `Message ${row.id} has expired.`)
  }
  return message
}

import type { Secrets } from '../base/secrets.ts'
import type { Db } from '../storage/db.ts'
import { type InboxEntry, writeEntry } from './inbox.ts'
import { findUnsentRow, type MessageRow, type MessageState } from './message-record-repository.ts'
import { openLabel, openMessage } from './outbox.ts'

/** A message that was not delivered: it is queued, failed or suppressed. */
export type UnsentEntry = InboxEntry & {
  readonly state: Exclude<MessageState, 'sent'>
  readonly reason: string | undefined
  readonly attempts: number
  /** In epoch milliseconds. Undefined unless the message waits for its next attempt. */
  readonly nextAttemptAt: number | undefined
}

export async function findUnsent(db: Db, secrets: Secrets, id: string): Promise<UnsentEntry | undefined> {
  const row = await findUnsentRow(db, id)
  return row && unsentEntry(secrets, row)
}

export function unsentEntry(secrets: Secrets, row: MessageRow): UnsentEntry {
  const { state, reason, attempts, nextAttemptAt } = row
  const details = { state: state as UnsentEntry['state'], reason, attempts, nextAttemptAt }
  const message = openMessage(secrets, row)
  if (message?.channel === 'email' || message?.channel === 'sms') {
    return { ...writeEntry({ id: row.id, createdAt: row.queuedAt, message }), ...details }
  }
  const label = openLabel(secrets, row)
  return {
    id: row.id,
    channel: row.channel,
    recipient: label?.recipient ?? '',
    subject: null,
    text:
      message === undefined ? 'The text has expired and is no longer stored.' : "The pool's custom sender writes and sends this message.",
    html: null,
    code: message?.code ?? null,
    userPoolId: row.poolId,
    username: label?.username ?? '',
    trigger: row.kind,
    createdAt: new Date(row.queuedAt).toISOString(),
    ...details,
  }
}

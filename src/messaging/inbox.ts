import type { Db } from '../storage/db.ts'
import { findInboxMessage, type InboxFilter, type InboxMessage, listInboxMessages } from './inbox-repository.ts'

/** A message as the inbox API shows it. */
export type InboxEntry = {
  readonly id: string
  readonly channel: 'email' | 'sms'
  readonly recipient: string
  /** Null for text messages. */
  readonly subject: string | null
  readonly text: string
  /** Null for text messages. */
  readonly html: string | null
  /** The code or temporary password. Null when the message has none. */
  readonly code: string | null
  readonly userPoolId: string
  readonly username: string
  readonly trigger: string
  /** ISO 8601. */
  readonly createdAt: string
}

export const inboxLimits = { default: 100, most: 1000 } as const

/** Up to `limit` messages in the dev inbox that match the filter, newest first. */
export async function listInbox(db: Db, filter: InboxFilter, limit: number = inboxLimits.default): Promise<InboxEntry[]> {
  const messages = await listInboxMessages(db, filter, Math.min(Math.max(limit, 1), inboxLimits.most))
  return messages.map(writeEntry)
}

export async function findInboxEntry(db: Db, id: string): Promise<InboxEntry | undefined> {
  const message = await findInboxMessage(db, id)
  return message && writeEntry(message)
}

export function writeEntry({ id, createdAt, message }: InboxMessage): InboxEntry {
  const email = message.channel === 'email' ? message : undefined
  return {
    id,
    channel: message.channel,
    recipient: message.recipient,
    subject: email?.subject ?? null,
    text: message.text,
    html: email?.html ?? null,
    code: message.code ?? null,
    userPoolId: message.poolId,
    username: message.username,
    trigger: message.trigger,
    createdAt: new Date(createdAt).toISOString(),
  }
}

import type { Secrets } from '../../base/secrets.ts'
import type { MessageStateType, SentMessageType } from '../../contract/generated/types.ts'
import { kindNames } from '../../messaging/message-content.ts'
import type { MessageRow, MessageState } from '../../messaging/message-record-repository.ts'
import { openLabel } from '../../messaging/outbox.ts'

const statesByName: Readonly<Record<MessageStateType, MessageState>> = {
  QUEUED: 'queued',
  SENT: 'sent',
  FAILED: 'failed',
  SUPPRESSED: 'suppressed',
}

export function readState(name: MessageStateType | undefined): MessageState | undefined {
  return name && statesByName[name]
}

export function writeMessage(secrets: Secrets, row: MessageRow): SentMessageType {
  const label = openLabel(secrets, row)
  return {
    MessageId: row.id,
    Medium: row.channel === 'email' ? 'EMAIL' : 'SMS',
    Recipient: label?.recipient,
    Username: label?.username,
    Kind: kindNames[row.kind],
    State: row.state.toUpperCase() as MessageStateType,
    Reason: row.reason,
    Attempts: row.attempts,
    QueuedAt: dateOf(row.queuedAt),
    LastAttemptAt: dateOf(row.lastAttemptAt),
    NextAttemptAt: dateOf(row.nextAttemptAt),
    ExpiresAt: dateOf(label?.expiresAt),
  }
}

function dateOf(at: number): Date
function dateOf(at: number | undefined): Date | undefined
function dateOf(at: number | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at)
}

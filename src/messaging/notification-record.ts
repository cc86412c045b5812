import { newOrderedId } from '../base/ordered-id.ts'
import type { LogSink } from '../log-delivery/log-record.ts'
import { insertLogRecord } from '../log-delivery/log-record-repository.ts'
import type { Tx } from '../storage/db.ts'
import { channelOfLane } from './message.ts'
import { kindNames } from './message-content.ts'
import type { OutboxEntry } from './outbox-repository.ts'

type GivenUp = Pick<OutboxEntry, 'id' | 'poolId' | 'sub' | 'channel' | 'trigger' | 'attempts'> & {
  /** Why the last attempt failed. Without the recipient and the content. */
  readonly reason: string
  readonly now: number
}

/** The most characters of a reason. So a record never grows beyond what the destinations take. */
const longestReason = 1000

/** Queues the record of a message that was given up, as Cognito's log of failed messages has it. */
export async function queueNotificationRecord(tx: Tx, sinks: readonly LogSink[], givenUp: GivenUp): Promise<void> {
  const { id, poolId, sub, channel, trigger, attempts, reason, now } = givenUp
  const medium = channelOfLane(channel) === 'email' ? 'e-mail' : 'SMS message'
  const message = `The ${medium} ${id} (${kindNames[trigger]}) to the user ${sub} could not be delivered after ${attempts} attempts`
  const record = {
    eventTimestamp: String(now),
    eventSource: 'USER_NOTIFICATION',
    logLevel: 'ERROR',
    message: { details: `${message}: ${reason.slice(0, longestReason)}.` },
    logSourceId: { userPoolId: poolId },
  }
  await insertLogRecord(tx, { poolId, sinks, id: newOrderedId(now), at: now, record: JSON.stringify(record) })
}

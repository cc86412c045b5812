import { newOrderedId } from '../../base/ordered-id.ts'
import type { LogSink } from '../../log-delivery/log-record.ts'
import { deleteLogRecords, insertLogRecord } from '../../log-delivery/log-record-repository.ts'
import type { LogSinks } from '../../log-delivery/log-sinks.ts'
import type { Tx } from '../../storage/db.ts'
import type { AuthEvent } from '../auth-event.ts'
import { findUsernameOf } from '../auth-event-repository.ts'
import { activityRecordOf } from './activity-record.ts'

/** Takes the activity of users to the logs of their pools and to the metrics. */
export type ActivityLog = {
  readonly findSinks: LogSinks['findForActivity']
  /** Counts the event for the metrics. */
  count(event: AuthEvent): void
}

/** Queues the event for `sinks`. It is stored with the event, in one transaction. Does nothing when the user was deleted. */
export async function queueActivity(tx: Tx, sinks: readonly LogSink[], event: AuthEvent, now: number): Promise<void> {
  if (sinks.length === 0) return
  const username = await findUsernameOf(tx, event)
  if (username !== undefined) await insertLogRecord(tx, recordOf(sinks, event, username, now))
}

/**
 * Does for a user and for a decoy the same work, because the duration must not reveal whether the user exists. The record of a decoy is
 * deleted again.
 */
export async function queueOrSimulateActivity(tx: Tx, isUser: boolean, sinks: readonly LogSink[], event: AuthEvent): Promise<void> {
  if (sinks.length === 0) return
  const username = await findUsernameOf(tx, event)
  const record = recordOf(sinks, event, username ?? 'decoy', event.createdAt)
  await insertLogRecord(tx, record)
  const isKept = isUser && username !== undefined
  for (const sink of sinks) await deleteLogRecords(tx, { poolId: event.poolId, sink }, [isKept ? 'none' : record.id])
}

const recordOf = (sinks: readonly LogSink[], event: AuthEvent, username: string, now: number) => ({
  poolId: event.poolId,
  sinks,
  id: newOrderedId(now),
  at: now,
  record: JSON.stringify(activityRecordOf(event, { username, now })),
})

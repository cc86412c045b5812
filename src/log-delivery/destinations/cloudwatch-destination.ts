import type { CloudWatchLogsClient, RejectedLogEventsInfo } from '@aws-sdk/client-cloudwatch-logs'
import { dayMs } from '../../base/durations.ts'
import type { WaitingRecord } from '../log-record.ts'
import type { LogDestination } from './destination.ts'

type Options = {
  readonly client: () => Promise<CloudWatchLogsClient>
  readonly arn: string
  readonly logGroup: string
  /** Each pool and event source has a log stream of its own. */
  readonly logStream: string
}

/** A log group of CloudWatch. A log stream that does not exist is created, a log group is not. */
export function createCloudWatchDestination({ client, arn, logGroup, logStream }: Options): LogDestination {
  return {
    kind: 'cloudwatch',
    target: arn,
    batchSize: 100,
    collectMs: 0,
    async deliver({ records }, signal) {
      const sdk = await import('@aws-sdk/client-cloudwatch-logs')
      const logs = await client()
      const where = { logGroupName: logGroup, logStreamName: logStream }
      const chosen = withinDay(records)
      const logEvents = chosen.map(({ at, record }) => ({ timestamp: at, message: record }))
      const put = () => logs.send(new sdk.PutLogEventsCommand({ ...where, logEvents }), { abortSignal: signal })
      const { rejectedLogEventsInfo } = await put().catch(async (error) => {
        if (!(error instanceof sdk.ResourceNotFoundException)) throw error
        await logs.send(new sdk.CreateLogStreamCommand(where), { abortSignal: signal }).catch((failure) => {
          if (!(failure instanceof sdk.ResourceAlreadyExistsException)) throw failure
        })
        return put()
      })
      const others = records.filter((record) => !chosen.includes(record)).map(({ id }) => id)
      return { rejected: countRejected(rejectedLogEventsInfo, chosen.length), left: new Set(others) }
    },
  }
}

/** The records in the order of their times, without those that are more than a day after the first: CloudWatch refuses such a batch. */
function withinDay(records: readonly WaitingRecord[]): readonly WaitingRecord[] {
  const sorted = records.toSorted((one, other) => one.at - other.at)
  const end = (sorted[0]?.at ?? 0) + dayMs
  return sorted.filter(({ at }) => at < end)
}

/** CloudWatch rejects events of more than 14 days ago, or of the future. They stand at the beginning and at the end of the batch. */
function countRejected(info: RejectedLogEventsInfo | undefined, count: number): number {
  const { tooOldLogEventEndIndex = 0, expiredLogEventEndIndex = 0, tooNewLogEventStartIndex = count } = info ?? {}
  return Math.max(tooOldLogEventEndIndex, expiredLogEventEndIndex) + count - tooNewLogEventStartIndex
}

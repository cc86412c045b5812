import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'

export type AwsErrorAnswer = { readonly status: number; readonly error: string }
export type AwsAnswer = AwsErrorAnswer | { readonly json: object; readonly invalidForm?: string }

type LogEvent = { readonly timestamp: number; readonly message: string }
type LogStreamName = { readonly logGroupName: string; readonly logStreamName: string }

const dayMs = 86_400_000

/** Log groups and their streams, with the rules of PutLogEvents. */
export function createLogGroups(groups: readonly string[]) {
  const streams = new Map<string, LogEvent[]>()
  let tooOld = 0
  return {
    streams,
    rejectOld(count: number) {
      tooOld = count
    },
    putLogEvents({ logGroupName, logStreamName, logEvents }: LogStreamName & { readonly logEvents: readonly LogEvent[] }): AwsAnswer {
      const stream = streams.get(`${logGroupName} ${logStreamName}`)
      if (stream === undefined) return { status: 400, error: 'ResourceNotFoundException' }
      const times = logEvents.map(({ timestamp }) => timestamp)
      const isInOrder = times.every((time, index) => index === 0 || (times[index - 1] ?? 0) <= time)
      if (!isInOrder || (times.at(-1) ?? 0) - (times[0] ?? 0) >= dayMs) return { status: 400, error: 'InvalidParameterException' }
      const rejected = tooOld
      tooOld = 0
      stream.push(...logEvents.slice(rejected))
      return { json: rejected === 0 ? {} : { rejectedLogEventsInfo: { tooOldLogEventEndIndex: rejected } } }
    },
    createLogStream({ logGroupName, logStreamName }: LogStreamName): AwsAnswer {
      if (!groups.includes(logGroupName)) return { status: 400, error: 'ResourceNotFoundException' }
      if (streams.has(`${logGroupName} ${logStreamName}`)) return { status: 400, error: 'ResourceAlreadyExistsException' }
      streams.set(`${logGroupName} ${logStreamName}`, [])
      return { json: {} }
    },
  }
}

/** A delivery stream of Firehose. */
export function createDeliveryStream() {
  const delivered: string[] = []
  let failing: readonly number[] = []
  return {
    delivered,
    failRecords(numbers: readonly number[]) {
      failing = numbers
    },
    putRecordBatch({ Records }: { readonly Records: readonly { readonly Data: string }[] }): AwsAnswer {
      const refused = failing
      failing = []
      const RequestResponses = Records.map(({ Data }, index) => {
        if (refused.includes(index)) return { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'slow down' }
        delivered.push(Buffer.from(Data, 'base64').toString())
        return { RecordId: `record-${index}` }
      })
      return { json: { FailedPutCount: refused.length, RequestResponses } }
    },
  }
}

/** The buckets of S3, which are named in the path. */
export function createBuckets() {
  const objects = new Map<string, string>()
  return {
    objects,
    putObject({ url, headers }: IncomingMessage, body: Buffer): AwsAnswer {
      objects.set(decodeURIComponent(url?.slice(1).split('?')[0] ?? ''), gunzipSync(body).toString())
      return headers['content-encoding'] === undefined ? { json: {} } : { json: {}, invalidForm: 'a content encoding' }
    },
  }
}

import type { FirehoseClient } from '@aws-sdk/client-firehose'
import type { LogDestination } from './destination.ts'

type Options = { readonly client: () => Promise<FirehoseClient>; readonly arn: string; readonly stream: string }

/** A stream of Data Firehose. Each record is a line of JSON, so that the objects that Firehose writes are lines of JSON as well. */
export function createFirehoseDestination({ client, arn, stream }: Options): LogDestination {
  return {
    kind: 'firehose',
    target: arn,
    batchSize: 100,
    collectMs: 0,
    async deliver({ records }, signal) {
      const { PutRecordBatchCommand } = await import('@aws-sdk/client-firehose')
      const Records = records.map(({ record }) => ({ Data: Buffer.from(`${record}\n`) }))
      const firehose = await client()
      const answer = await firehose.send(new PutRecordBatchCommand({ DeliveryStreamName: stream, Records }), { abortSignal: signal })
      if ((answer.FailedPutCount ?? 0) === 0) return {}
      const answers = answer.RequestResponses ?? []
      const left = new Set(records.filter((_record, index) => answers[index]?.RecordId === undefined).map(({ id }) => id))
      return { left, reason: 'Firehose did not take all records' }
    },
  }
}

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { S3Client } from '@aws-sdk/client-s3'
import { minuteMs } from '../../base/durations.ts'
import { type LogBatch, type LogDestination, linesOf } from './destination.ts'

type Options = {
  readonly client: () => Promise<S3Client>
  readonly arn: string
  readonly bucket: string
  /** What the keys begin with. */
  readonly prefix: string
}

const compress = promisify(gzip)

/** A bucket of S3. An object has the records of up to a minute, as compressed lines of JSON. */
export function createS3Destination({ client, arn, bucket, prefix }: Options): LogDestination {
  return {
    kind: 's3',
    target: arn,
    batchSize: 1000,
    collectMs: minuteMs,
    async deliver(batch, signal) {
      const { PutObjectCommand } = await import('@aws-sdk/client-s3')
      const Body = await compress(linesOf(batch))
      const s3 = await client()
      const object = { Bucket: bucket, Key: `${prefix}/${keyOf(batch)}`, Body, ContentType: 'application/gzip' }
      await s3.send(new PutObjectCommand(object), { abortSignal: signal })
      return {}
    },
  }
}

/**
 * The date and hour of the first record, its time, and what tells the batch from others. A batch that is delivered again has the same key,
 * so it replaces its object.
 */
function keyOf({ id, records }: LogBatch): string {
  const time = new Date(records[0]?.at ?? 0).toISOString()
  const folder = time.slice(0, 13).replaceAll(/[-T]/g, '/')
  return `${folder}/${time.slice(0, 19).replaceAll(/[-:]/g, '')}Z_${id.slice(0, 16)}.log.gz`
}

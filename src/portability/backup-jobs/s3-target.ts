import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { S3Client } from '@aws-sdk/client-s3'
import { writeBackupFile } from '../container/write-backup-file.ts'
import { PortabilityError } from '../portability-error.ts'
import { isOurFileName } from './backup-job.ts'
import type { BackupTarget } from './backup-target.ts'
import { removeAbandonedFolders, withTemporaryFolder } from './temporary-folders.ts'

type S3Options = {
  readonly address: string
  readonly region: string
  readonly endpoint: string | undefined
  /** The size of the parts that are uploaded, from 5 MiB. S3 accepts 10000 of them, and two are in memory at a time. */
  readonly partBytes?: number
}

const partsAtATime = 2

/** How long a request may make no progress, in milliseconds. */
const idleMs = 60_000

/**
 * Backups in a bucket of S3. A backup is first written to a temporary file and verified, then uploaded, and read back from the bucket. S3
 * shows an object only when its upload is complete.
 */
export function createS3Target({ address, region, endpoint, partBytes = 16 * 1024 * 1024 }: S3Options): BackupTarget {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(address) ?? []
  let opened: Promise<S3Client> | undefined
  const client = () => {
    opened ??= openClient(region, endpoint)
    return opened
  }
  const keyOf = (name: string) => (prefix === '' ? name : `${prefix}/${name}`)

  const remove = async (key: string) => {
    const { DeleteObjectCommand } = await import('@aws-sdk/client-s3')
    await withS3Errors(async () => (await client()).send(new DeleteObjectCommand({ Bucket: bucket, Key: key })))
  }

  return {
    store: (name, content, sealing, signal) =>
      withTemporaryFolder(async (folder) => {
        const path = join(folder, name)
        const { sections } = await writeBackupFile(path, content, sealing, { overwrite: false })
        const { size } = await stat(path)
        await withS3Errors(async () => upload(await client(), { bucket, key: keyOf(name), path, partBytes }, signal))
        const rows = sections.reduce((sum, { rows: count = 0 }) => sum + count, 0)
        return { rows, bytes: size, location: `s3://${bucket}/${keyOf(name)}` }
      }),
    async remove(location) {
      const key = location.slice(`s3://${bucket}/`.length)
      const name = key.slice(key.lastIndexOf('/') + 1)
      if (location === `s3://${bucket}/${keyOf(name)}` && isOurFileName(name)) await remove(key)
    },
    discard: (name) => remove(keyOf(name)),
    removeAbandoned: removeAbandonedFolders,
    close() {
      opened?.then(
        (client) => client.destroy(),
        () => undefined,
      )
    },
  }
}

async function openClient(region: string, endpoint: string | undefined): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3')
  return new S3Client({
    region,
    followRegionRedirects: true,
    // Servers with the same API rarely have a host name for each bucket.
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    requestHandler: { connectionTimeout: 10_000, requestTimeout: idleMs, socketTimeout: idleMs },
  })
}

type Upload = { readonly bucket: string; readonly key: string; readonly path: string; readonly partBytes: number }

/** Uploads the file, reads the object back, and deletes it again when its bytes are others. An upload that fails leaves no parts. */
async function upload(client: S3Client, { bucket, key, path, partBytes }: Upload, signal: AbortSignal): Promise<void> {
  const [{ Upload }, { DeleteObjectCommand, GetObjectCommand }] = await Promise.all([
    import('@aws-sdk/lib-storage'),
    import('@aws-sdk/client-s3'),
  ])
  const object = { Bucket: bucket, Key: key }
  const sent = createHash('sha256')
  const file = createReadStream(path)
  file.on('data', (chunk) => sent.update(chunk))
  const running = new Upload({ client, params: { ...object, Body: file }, partSize: partBytes, queueSize: partsAtATime })
  const abort = () => running.abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await running.done()
    const { Body } = await client.send(new GetObjectCommand(object), { abortSignal: signal })
    if ((await hashOf(Body)) === sent.digest('hex')) return
    await client.send(new DeleteObjectCommand(object))
    throw new PortabilityError('The object in the bucket is not what was uploaded, so it was deleted again.')
  } finally {
    signal.removeEventListener('abort', abort)
    file.destroy()
  }
}

async function hashOf(body: unknown): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of body as AsyncIterable<Uint8Array>) hash.update(chunk)
  return hash.digest('hex')
}

/** The errors of S3 in one line, without what the server wrote. */
async function withS3Errors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof PortabilityError) throw error
    const { name, $metadata } = error as { readonly name?: unknown; readonly $metadata?: { readonly httpStatusCode?: unknown } }
    const code = typeof name === 'string' && /^\w{1,60}$/.test(name) ? name : 'an error'
    const status = typeof $metadata?.httpStatusCode === 'number' ? `, status ${$metadata.httpStatusCode}` : ''
    throw new PortabilityError(`The backup cannot be stored in the bucket (${code}${status}).`, { cause: error })
  }
}

import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import { type Quotas, quotaExceeded } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { longestLineBytes } from './csv.ts'
import { deleteUpload, type ImportChunk, insertChunks, type UploadKey } from './import-chunk-repository.ts'
import { statusAt } from './import-job.ts'
import { lockImportJob, updateImportJob } from './import-job-repository.ts'
import { createLineSplitter } from './line-splitter.ts'

export type UploadDeps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock; readonly quotas: Quotas }

/** Why a file was not taken. */
export type UploadRefusal = { readonly reason: 'too-large' | 'too-late' | 'empty'; readonly message: string }

/** Rows of a chunk: what is imported in one transaction, so that requests get their turn in between. */
export const rowsPerChunk = 100
const bytesPerChunk = 256 * 1024

/** Chunks that are sealed and written together: few round trips, and no more of the file in memory than this. */
const bytesPerWrite = 1024 * 1024

/**
 * Keeps the file of a job, sealed, in the place of one that was sent before. It goes by in pieces: at no time is there more of it in
 * memory than about two megabytes, however long it is, or one of its lines.
 */
export async function storeUpload(deps: UploadDeps, key: ImportJobKey, body: AsyncIterable<Buffer>): Promise<UploadRefusal | undefined> {
  const upload: UploadKey = { ...key, uploadId: randomUUID() }
  let kept = false
  try {
    const read = await storeLines(deps, upload, body)
    if ('reason' in read) return read
    const refusal = await putInPlace(deps, upload, read.header)
    kept = refusal === undefined
    return refusal
  } finally {
    if (!kept) await deleteUpload(deps.db, upload)
  }
}

/** Stores every line but the first, which it answers. */
async function storeLines(
  { db, secrets, quotas }: UploadDeps,
  upload: UploadKey,
  body: AsyncIterable<Buffer>,
): Promise<{ header: string } | UploadRefusal> {
  const splitter = createLineSplitter(longestLineBytes)
  const packer = createChunkPacker((chunks) => insertChunks(db, secrets, upload, chunks))
  let header: string | undefined
  let bytes = 0
  let rows = 0

  async function keep(lines: readonly Buffer[]): Promise<void> {
    for (const line of lines) {
      if (header === undefined) header = line.toString()
      else {
        rows++
        if (packer.add(line)) await packer.flush()
      }
    }
  }

  for await (const piece of body) {
    bytes += piece.length
    if (bytes > quotas.importMegabytes * 1024 * 1024) return tooLarge(quotas, 'importMegabytes')
    await keep(splitter.push(piece))
    if (rows > quotas.importRows) return tooLarge(quotas, 'importRows')
  }
  const last = splitter.end()
  if (last !== undefined) await keep([last])
  if (rows > quotas.importRows) return tooLarge(quotas, 'importRows')
  await packer.finish()
  return header === undefined ? { reason: 'empty', message: 'The file is empty.' } : { header }
}

function tooLarge(quotas: Quotas, quota: 'importMegabytes' | 'importRows'): UploadRefusal {
  return { reason: 'too-large', message: quotaExceeded(quotas, quota) }
}

/** Collects lines to chunks. `add` says when there is enough to write. */
function createChunkPacker(write: (chunks: readonly ImportChunk[]) => Promise<void>) {
  let chunks: ImportChunk[] = []
  let packedBytes = 0
  let lines: Buffer[] = []
  let lineBytes = 0
  let number = 0
  // The first line of the file is its header.
  let firstLine = 2

  function pack(): void {
    if (lines.length === 0) return
    const packed = Buffer.concat(lines.flatMap((line, at) => (at === 0 ? [line] : [newline, line])))
    chunks.push({ number: number++, firstLine, lines: packed })
    packedBytes += packed.length
    firstLine += lines.length
    lines = []
    lineBytes = 0
  }

  async function flush(): Promise<void> {
    const full = chunks
    chunks = []
    packedBytes = 0
    if (full.length > 0) await write(full)
  }

  return {
    add(line: Buffer): boolean {
      lines.push(line)
      lineBytes += line.length
      if (lines.length >= rowsPerChunk || lineBytes >= bytesPerChunk) pack()
      return packedBytes >= bytesPerWrite
    },
    flush,
    async finish(): Promise<void> {
      pack()
      await flush()
    },
  }
}

const newline = Buffer.from('\n')

/** Makes the upload the one that counts, unless the job has begun, or expired, meanwhile. */
async function putInPlace({ db, clock }: UploadDeps, upload: UploadKey, header: string): Promise<UploadRefusal | undefined> {
  return db.transaction().execute(async (tx) => {
    const job = await lockImportJob(tx, upload)
    if (job === undefined || statusAt(job, clock.now()) !== 'Created') {
      return { reason: 'too-late', message: 'The import job does not wait for a file.' }
    }
    if (job.uploadId !== null) await deleteUpload(tx, { ...upload, uploadId: job.uploadId })
    await updateImportJob(tx, { ...job, uploadId: upload.uploadId, header })
    return undefined
  })
}

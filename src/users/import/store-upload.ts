import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import { type Quotas, quotaExceeded } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { maximumLineBytes } from './csv.ts'
import { deleteUpload, type ImportChunk, insertChunks, type UploadKey } from './import-chunk-repository.ts'
import { statusAt } from './import-job.ts'
import { lockImportJob, updateImportJob } from './import-job-repository.ts'
import { createLineSplitter } from './line-splitter.ts'

export type UploadDeps = { readonly db: Db; readonly secrets: Secrets; readonly clock: Clock; readonly quotas: Quotas }

/** Why a file was refused. */
export type UploadRefusal = { readonly reason: 'too-large' | 'too-late' | 'empty'; readonly message: string }

/** The most rows in a chunk. A chunk is imported in one transaction, and requests run between two chunks. */
export const rowsPerChunk = 100
const bytesPerChunk = 256 * 1024

/** Bytes of chunks that are sealed and written together. This saves round trips, and limits how much of the file is in memory. */
const bytesPerWrite = 1024 * 1024

/**
 * Stores the file of a job, sealed, and replaces an earlier upload. The file is read as a stream: at most about two megabytes are in
 * memory, however long the file or one of its lines is.
 */
export async function storeUpload(deps: UploadDeps, key: ImportJobKey, body: AsyncIterable<Buffer>): Promise<UploadRefusal | undefined> {
  const upload: UploadKey = { ...key, uploadId: randomUUID() }
  let isActive = false
  try {
    const read = await storeLines(deps, upload, body)
    if ('reason' in read) return read
    const refusal = await activateUpload(deps, upload, read.header)
    isActive = refusal === undefined
    return refusal
  } finally {
    if (!isActive) await deleteUpload(deps.db, upload)
  }
}

/** Stores all lines but the first one, the header. Returns the header, or why the file was refused. */
async function storeLines(
  { db, secrets, quotas }: UploadDeps,
  upload: UploadKey,
  body: AsyncIterable<Buffer>,
): Promise<{ header: string } | UploadRefusal> {
  const splitter = createLineSplitter(maximumLineBytes)
  const packer = createChunkPacker((chunks) => insertChunks(db, secrets, upload, chunks))
  let header: string | undefined
  let bytes = 0
  let rows = 0

  async function addLines(lines: readonly Buffer[]): Promise<void> {
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
    await addLines(splitter.push(piece))
    if (rows > quotas.importRows) return tooLarge(quotas, 'importRows')
  }
  const last = splitter.end()
  if (last !== undefined) await addLines([last])
  if (rows > quotas.importRows) return tooLarge(quotas, 'importRows')
  await packer.finish()
  return header === undefined ? { reason: 'empty', message: 'The file is empty.' } : { header }
}

function tooLarge(quotas: Quotas, quota: 'importMegabytes' | 'importRows'): UploadRefusal {
  return { reason: 'too-large', message: quotaExceeded(quotas, quota) }
}

/** Packs lines into chunks. `add` returns true when there are enough chunks to write. */
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
    const packedChunks = chunks
    chunks = []
    packedBytes = 0
    if (packedChunks.length > 0) await write(packedChunks)
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

/** Makes the upload the one to import, unless the job was started or expired meanwhile. */
async function activateUpload({ db, clock }: UploadDeps, upload: UploadKey, header: string): Promise<UploadRefusal | undefined> {
  return db.transaction().execute(async (tx) => {
    const job = await lockImportJob(tx, upload)
    if (job === undefined || statusAt(job, clock.now()) !== 'Created') {
      return { reason: 'too-late', message: 'The import job no longer accepts a file: it was started, has expired or was deleted.' }
    }
    if (job.uploadId !== null) await deleteUpload(tx, { ...upload, uploadId: job.uploadId })
    await updateImportJob(tx, { ...job, uploadId: upload.uploadId, header })
    return undefined
  })
}

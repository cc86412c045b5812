import { randomUUID } from 'node:crypto'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import { type Quotas, quotaExceeded } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { maximumLineBytes } from './csv.ts'
import { deleteUpload, insertChunks, type UploadKey } from './import-chunk-repository.ts'
import { type ImportJob, statusAt } from './import-job.ts'
import { findImportJob, lockImportJob, updateImportJob } from './import-job-repository.ts'
import { createLineSplitter, type LineSplitter } from './line-splitter.ts'
import { createChunkPacker } from './pack-chunks.ts'
import { BrokenDocumentError } from './records/document-splitter.ts'
import { type FormatReaders, writeRecordsHead } from './records/record-format.ts'
import { createRecordsSplitter } from './records/records-splitter.ts'

export type UploadDeps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly quotas: Pick<Quotas, 'importMegabytes' | 'importRows'>
  readonly importFormats: FormatReaders
}

/** Why a file was refused. */
export type UploadRefusal = { readonly reason: 'too-large' | 'too-late' | 'empty' | 'unreadable'; readonly message: string }

/**
 * Stores the file of a job, sealed, and replaces an earlier upload. The file is read as a stream: at most a few megabytes are in memory,
 * however long the file or one of its lines is.
 */
export async function storeUpload(deps: UploadDeps, key: ImportJobKey, body: AsyncIterable<Buffer>): Promise<UploadRefusal | undefined> {
  const upload: UploadKey = { ...key, uploadId: randomUUID() }
  const job = await findImportJob(deps.db, key)
  if (job === undefined) return tooLate
  let isActive = false
  try {
    const read = await storeLines(deps, upload, body, layoutOf(deps, job))
    if ('reason' in read) return read
    const refusal = await activateUpload(deps, upload, read.header)
    isActive = refusal === undefined
    return refusal
  } catch (error) {
    if (error instanceof BrokenDocumentError) return { reason: 'unreadable', message: error.message }
    throw error
  } finally {
    if (!isActive) await deleteUpload(deps.db, upload)
  }
}

/** How the file of a job is cut into lines. */
type Layout = {
  readonly splitter: LineSplitter
  /** Whether the first line describes the others. */
  readonly hasHead: boolean
  /** The header of the job. `head` is undefined when there is none. */
  headerOf(head: string | undefined): string
}

/** The most characters of the first line of a file of records. */
const maximumHead = 4_096

function layoutOf({ importFormats }: UploadDeps, { format }: Pick<ImportJob, 'format'>): Layout {
  if (format === null) return { splitter: createLineSplitter(maximumLineBytes), hasHead: true, headerOf: (head = '') => head }
  const reader = importFormats[format]
  const splitter = createRecordsSplitter(reader)
  return {
    splitter,
    hasHead: reader.checkHead !== undefined,
    headerOf: (head = '') => writeRecordsHead({ isLines: splitter.isLines(), head: head.slice(0, maximumHead) }),
  }
}

/** Stores all lines but a header. Returns the header, or why the file was refused. */
async function storeLines(
  { db, secrets, quotas }: UploadDeps,
  upload: UploadKey,
  body: AsyncIterable<Buffer>,
  { splitter, hasHead, headerOf }: Layout,
): Promise<{ header: string } | UploadRefusal> {
  const packer = createChunkPacker((chunks) => insertChunks(db, secrets, upload, chunks), hasHead ? 2 : 1)
  let head: string | undefined
  let bytes = 0
  let rows = 0

  async function addLines(lines: readonly Buffer[]): Promise<void> {
    for (const line of lines) {
      if (hasHead && head === undefined) head = line.toString()
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
  const isEmpty = hasHead ? head === undefined : bytes === 0
  return isEmpty ? { reason: 'empty', message: 'The file is empty.' } : { header: headerOf(head) }
}

function tooLarge(quotas: UploadDeps['quotas'], quota: 'importMegabytes' | 'importRows'): UploadRefusal {
  return { reason: 'too-large', message: quotaExceeded(quotas, quota) }
}

const tooLate: UploadRefusal = {
  reason: 'too-late',
  message: 'The import job no longer accepts a file: it was started, has expired or was deleted.',
}

/** Makes the upload the one to import, unless the job was started or expired meanwhile. */
async function activateUpload({ db, clock }: UploadDeps, upload: UploadKey, header: string): Promise<UploadRefusal | undefined> {
  return db.transaction().execute(async (tx) => {
    const job = await lockImportJob(tx, upload)
    if (job === undefined || statusAt(job, clock.now()) !== 'Created') {
      return tooLate
    }
    if (job.uploadId !== null) await deleteUpload(tx, { ...upload, uploadId: job.uploadId })
    await updateImportJob(tx, { ...job, uploadId: upload.uploadId, header })
    return undefined
  })
}

import type { Secrets } from '../../base/secrets.ts'
import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { sealedTable } from '../../storage/sealed-table.ts'
import { endedStatuses, type ImportStatus } from './import-job.ts'

/** Consecutive whole lines of an uploaded file. */
export type ImportChunk = {
  /** Position among the chunks of the file, from 0. */
  readonly number: number
  /** The line number, in the file, of the first line of the chunk. */
  readonly firstLine: number
  /** The lines as sent, separated by line feeds. */
  readonly lines: Buffer
}

/** Names one upload of a job's file: a second upload replaces the first one only when the second is complete. */
export type UploadKey = ImportJobKey & { readonly uploadId: string }

export async function insertChunks(db: Db | Tx, secrets: Secrets, key: UploadKey, chunks: readonly ImportChunk[]): Promise<void> {
  const rows = chunks.map(({ number, firstLine, lines }) => ({
    pool_id: key.poolId,
    job_id: key.jobId,
    upload_id: key.uploadId,
    number,
    first_line: firstLine,
    sealed_lines: secrets.seal('import', lines, sealContext(key, number)),
  }))
  await db.insertInto('import_chunk').values(rows).execute()
}

/** The next chunk to import. It is the first one that is stored, because imported chunks are deleted. */
export async function findNextChunk(db: Db | Tx, secrets: Secrets, key: UploadKey): Promise<ImportChunk | undefined> {
  const row = await db
    .selectFrom('import_chunk')
    .selectAll()
    .where('pool_id', '=', key.poolId)
    .where('job_id', '=', key.jobId)
    .where('upload_id', '=', key.uploadId)
    .orderBy('number')
    .limit(1)
    .executeTakeFirst()
  if (row === undefined) return undefined
  const lines = secrets.open('import', row.sealed_lines, sealContext(key, row.number))
  if (lines === undefined) throw new Error(`Chunk ${row.number} of import job ${key.jobId} cannot be opened.`)
  return { number: row.number, firstLine: row.first_line, lines }
}

/** False when the chunk is gone, which means that another process has imported it. */
export async function deleteChunk(tx: Tx, key: UploadKey, number: number): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('import_chunk')
    .where('pool_id', '=', key.poolId)
    .where('job_id', '=', key.jobId)
    .where('upload_id', '=', key.uploadId)
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  return numDeletedRows === 1n
}

/** Deletes the chunks of an upload that will not be used. */
export async function deleteUpload(db: Db | Tx, key: UploadKey): Promise<void> {
  await db
    .deleteFrom('import_chunk')
    .where('pool_id', '=', key.poolId)
    .where('job_id', '=', key.jobId)
    .where('upload_id', '=', key.uploadId)
    .execute()
}

/** Deletes up to `limit` chunks of ended jobs and replaced uploads; returns how many. */
export async function sweepChunks(tx: Tx, limit: number): Promise<number> {
  const unneeded = await tx
    .selectFrom('import_chunk as chunk')
    .innerJoin('import_job as job', (join) => join.onRef('job.pool_id', '=', 'chunk.pool_id').onRef('job.id', '=', 'chunk.job_id'))
    .select(['chunk.pool_id as poolId', 'chunk.job_id as jobId', 'chunk.upload_id as uploadId', 'chunk.number as number'])
    .where((eb) =>
      eb.or([
        eb('job.status', 'in', endedStatuses),
        eb.and([eb('job.status', '!=', 'Created' satisfies ImportStatus), eb('job.upload_id', '!=', eb.ref('chunk.upload_id'))]),
      ]),
    )
    .limit(limit)
    .execute()
  for (const { number, ...key } of unneeded) await deleteChunk(tx, key, number)
  return unneeded.length
}

function sealContext({ poolId, jobId, uploadId }: UploadKey, number: number): string {
  return `${poolId}/${jobId}/${uploadId}/${number}`
}

export const sealedChunks = sealedTable('import_chunk', {
  key: ['pool_id', 'job_id', 'upload_id', 'number'],
  columns: {
    sealed_lines: (secrets, sealed, { pool_id: poolId, job_id: jobId, upload_id: uploadId, number }) =>
      secrets.reseal('import', sealed, sealContext({ poolId, jobId, uploadId }, number)),
  },
  areLarge: true,
})

import { type ImportJobKey, releaseImportSlot } from '../../pools/active-import-repository.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { splitLines } from './csv.ts'
import { readHeader } from './header.ts'
import { deleteChunk, findNextChunk, type ImportChunk } from './import-chunk-repository.ts'
import type { ImportDeps } from './import-deps.ts'
import { type ImportJob, type ImportStatus, stoppedMessage } from './import-job.ts'
import { addImportCounts, findImportJob, lockImportJob, updateImportJob } from './import-job-repository.ts'
import { insertLog } from './import-log-repository.ts'
import { type ImportRow, readRow } from './read-row.ts'
import { importRecords, leftOutText } from './records/import-records.ts'
import type { RecordsJob } from './records/read-chunk.ts'
import { readRecordsHead } from './records/record-format.ts'
import { NameTakenError, type RowResult, storeImportedUsers } from './store-imported-users.ts'

/**
 * Runs one step of the active job, in one short transaction; false when the job has ended. Users, counters, log and the deletion of the
 * chunk are committed together. So a process can be killed at any time and another one continues: no user is lost or imported twice.
 */
export async function runImportStep(deps: ImportDeps, key: ImportJobKey): Promise<boolean> {
  const job = await findImportJob(deps.db, key)
  switch (job?.status) {
    case 'Pending':
      return startJob(deps, job)
    case 'InProgress':
      return importNextChunk(deps, job)
    case 'Stopping':
      return endJob(deps, job, 'Stopped', stoppedMessage)
    default:
      await deps.db.transaction().execute((tx) => releaseImportSlot(tx, key))
      return false
  }
}

async function startJob(deps: ImportDeps, job: ImportJob): Promise<boolean> {
  const problem = await problemOfHeader(deps, job)
  if (problem !== undefined) return endJob(deps, job, 'Failed', problem)
  await deps.db.transaction().execute(async (tx) => {
    const locked = await lockImportJob(tx, keyOf(job))
    if (locked?.status === 'Pending') await updateImportJob(tx, { ...locked, status: 'InProgress' })
  })
  return true
}

/** Why the file cannot be imported; undefined when it can. */
async function problemOfHeader(deps: ImportDeps, job: ImportJob): Promise<string | undefined> {
  if (job.format !== null) return deps.importFormats[job.format].checkHead?.(readRecordsHead(job.header).head)
  const header = readHeader(await deps.pools.getPool(job.poolId), job.algorithm, job.header ?? '')
  return 'problem' in header ? header.problem : undefined
}

async function importNextChunk(deps: ImportDeps, job: ImportJob): Promise<boolean> {
  const pool = await deps.pools.getPool(job.poolId)
  const upload = { ...keyOf(job), uploadId: job.uploadId ?? '' }
  const chunk = await findNextChunk(deps.db, deps.secrets, upload)
  if (chunk === undefined) return endJob(deps, job, 'Succeeded', summaryOf(job))
  if (isRecordsJob(job)) {
    await importRecords(deps, pool, job, upload, chunk)
    return true
  }
  const rows = readChunk(deps, pool, job, chunk)
  const store = (checksNames: boolean) =>
    deps.db.transaction().execute(async (tx) => {
      const locked = await lockImportJob(tx, upload)
      if (locked?.status !== 'InProgress' || !(await deleteChunk(tx, upload, chunk.number))) return
      if (rows.length > 0) await storeRows(tx, pool, { key: upload, number: chunk.number, rows, checksNames })
    })
  await store(false).catch((error: unknown) => {
    if (error instanceof NameTakenError) return store(true)
    throw error
  })
  return true
}

const isRecordsJob = (job: ImportJob): job is RecordsJob => job.format !== null

/** What the administrator should know about a job that has ended; null when the counts say enough. */
function summaryOf({ isDryRun, leftOut }: ImportJob): string | null {
  const parts = [isDryRun ? 'This was a dry run: no user was stored.' : '', leftOutText(leftOut)]
  return parts.filter(Boolean).join(' ') || null
}

type NumberedRow = { readonly lineNumber: number; readonly row: ImportRow }

function readChunk(deps: ImportDeps, pool: Pool, job: ImportJob, chunk: ImportChunk): NumberedRow[] {
  const header = readHeader(pool, job.algorithm, job.header ?? '')
  if ('problem' in header) throw new Error(`The header of import job ${job.id} is no longer valid.`)
  const context = { pool, columns: header.columns, algorithm: job.algorithm, secrets: deps.secrets, now: deps.clock.now() }
  return splitLines(chunk.lines).flatMap((line, at) => {
    const row = readRow(context, line)
    return row === undefined ? [] : [{ lineNumber: chunk.firstLine + at, row }]
  })
}

type Batch = {
  readonly key: ImportJobKey
  readonly number: number
  readonly rows: readonly NumberedRow[]
  readonly checksNames: boolean
}

async function storeRows(tx: Tx, pool: Pool, { key, number, rows, checksNames }: Batch): Promise<void> {
  const importRows = rows.map(({ row }) => row)
  const results = await storeImportedUsers(tx, pool, importRows, { checksNames })
  const count = (outcome: RowResult['outcome']) => results.filter((result) => result.outcome === outcome).length
  await addImportCounts(tx, key, { imported: count('SUCCEEDED'), skipped: count('SKIPPED'), failed: count('FAILED') })
  const lines = results.map(({ outcome, message }, at) => `[${outcome}] Line Number ${rows[at]?.lineNumber} - ${message}`)
  await insertLog(tx, key, number, lines)
}

/** Ends the job. True when the job was deleted or its status changed meanwhile: then another step has to read the job anew. */
async function endJob({ db, clock }: ImportDeps, job: ImportJob, status: ImportStatus, message: string | null): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const locked = await lockImportJob(tx, keyOf(job))
    if (locked === undefined || locked.status !== job.status) return true
    await updateImportJob(tx, { ...locked, status, message, completedAt: clock.now() })
    await releaseImportSlot(tx, keyOf(job))
    return false
  })
}

function keyOf(job: ImportJob): ImportJobKey {
  return { poolId: job.poolId, jobId: job.id }
}

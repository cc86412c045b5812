import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { type ImportJobKey, releaseImportSlot } from '../../pools/active-import-repository.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { splitLines } from './csv.ts'
import { readHeader } from './header.ts'
import { deleteChunk, findFirstChunk, type ImportChunk } from './import-chunk-repository.ts'
import { type ImportJob, type ImportStatus, stoppedMessage } from './import-job.ts'
import { addImportCounts, findImportJob, lockImportJob, updateImportJob } from './import-job-repository.ts'
import { insertLog } from './import-log-repository.ts'
import { NameTakenError, type Placed, placeUsers } from './place-users.ts'
import { type ReadRow, readRow } from './read-row.ts'

export type ImportDeps = {
  readonly db: Db
  readonly secrets: Secrets
  readonly clock: Clock
  readonly pools: PoolCatalog
}

/**
 * One step of the job under way, in one short transaction; false when the job has ended. Rows, counters, log and the mark that they are
 * done are committed together, so that a process can be killed at any moment and another one goes on: nobody is lost or doubled.
 */
export async function runImportStep(deps: ImportDeps, key: ImportJobKey): Promise<boolean> {
  const job = await findImportJob(deps.db, key)
  switch (job?.status) {
    case 'Pending':
      return begin(deps, job)
    case 'InProgress':
      return importNextChunk(deps, job)
    case 'Stopping':
      return end(deps, job, 'Stopped', stoppedMessage)
    default:
      await deps.db.transaction().execute((tx) => releaseImportSlot(tx, key))
      return false
  }
}

async function begin(deps: ImportDeps, job: ImportJob): Promise<boolean> {
  const pool = await deps.pools.getPool(job.poolId)
  const header = readHeader(pool, job.algorithm, job.header ?? '')
  if ('problem' in header) return end(deps, job, 'Failed', header.problem)
  await deps.db.transaction().execute(async (tx) => {
    const locked = await lockImportJob(tx, keyOf(job))
    if (locked?.status === 'Pending') await updateImportJob(tx, { ...locked, status: 'InProgress' })
  })
  return true
}

async function importNextChunk(deps: ImportDeps, job: ImportJob): Promise<boolean> {
  const pool = await deps.pools.getPool(job.poolId)
  const upload = { ...keyOf(job), uploadId: job.uploadId ?? '' }
  const chunk = await findFirstChunk(deps.db, deps.secrets, upload)
  if (chunk === undefined) return end(deps, job, 'Succeeded', null)
  const rows = readChunk(deps, pool, job, chunk)
  const store = (look: boolean) =>
    deps.db.transaction().execute(async (tx) => {
      const locked = await lockImportJob(tx, upload)
      if (locked?.status !== 'InProgress' || !(await deleteChunk(tx, upload, chunk.number))) return
      if (rows.length > 0) await storeRows(tx, pool, { key: upload, number: chunk.number, rows, look })
    })
  await store(false).catch((error: unknown) => {
    if (error instanceof NameTakenError) return store(true)
    throw error
  })
  return true
}

/** A row and where it stands in the file. */
type NumberedRow = { readonly lineNumber: number; readonly row: ReadRow }

function readChunk(deps: ImportDeps, pool: Pool, job: ImportJob, chunk: ImportChunk): NumberedRow[] {
  const header = readHeader(pool, job.algorithm, job.header ?? '')
  if ('problem' in header) throw new Error(`The header of import job ${job.id} was valid and is so no more.`)
  const context = { pool, columns: header.columns, algorithm: job.algorithm, secrets: deps.secrets, now: deps.clock.now() }
  return splitLines(chunk.lines).flatMap((line, at) => {
    const row = readRow(context, line)
    return row === undefined ? [] : [{ lineNumber: chunk.firstLine + at, row }]
  })
}

type Batch = { readonly key: ImportJobKey; readonly number: number; readonly rows: readonly NumberedRow[]; readonly look: boolean }

async function storeRows(tx: Tx, pool: Pool, { key, number, rows, look }: Batch): Promise<void> {
  const read = rows.map(({ row }) => row)
  const placed = await placeUsers(tx, pool, read, { look })
  const count = (outcome: Placed['outcome']) => placed.filter((one) => one.outcome === outcome).length
  await addImportCounts(tx, key, { imported: count('SUCCEEDED'), skipped: count('SKIPPED'), failed: count('FAILED') })
  const lines = placed.map(({ outcome, message }, at) => `[${outcome}] Line Number ${rows[at]?.lineNumber} - ${message}`)
  await insertLog(tx, key, number, lines)
}

/** Ends the job unless its status is another one by now; false either way when nothing is left to do. */
async function end({ db, clock }: ImportDeps, job: ImportJob, status: ImportStatus, message: string | null): Promise<boolean> {
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

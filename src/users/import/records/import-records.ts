import type { ImportJobKey } from '../../../pools/active-import-repository.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Tx } from '../../../storage/db.ts'
import { deleteChunk, type ImportChunk, type UploadKey } from '../import-chunk-repository.ts'
import type { ImportDeps } from '../import-deps.ts'
import type { ImportJob, LeftOutCounts } from '../import-job.ts'
import { lockImportJob, updateImportJob } from '../import-job-repository.ts'
import { insertLog } from '../import-log-repository.ts'
import type { ImportRow } from '../read-row.ts'
import { checkImportedUsers, NameTakenError, type RowResult, storeImportedUsers } from '../store-imported-users.ts'
import { createMissingGroups, type GroupResults } from './create-missing-groups.ts'
import { type LeftOut, leftOutTexts } from './imported-record.ts'
import { type NumberedRecord, type RecordsJob, readChunk } from './read-chunk.ts'
import { readRecordsHead } from './record-format.ts'
import { storeExtras } from './store-extras.ts'

/**
 * Imports the records of a chunk. No trigger fires and no message is sent. Groups that the pool lacks are created first, each time in a
 * transaction of their own: it locks the pool, which must not wait for the job.
 */
export async function importRecords(deps: ImportDeps, pool: Pool, job: RecordsJob, upload: UploadKey, chunk: ImportChunk): Promise<void> {
  const records = await readChunk(deps, pool, job, chunk)
  const groups = await createMissingGroups(deps, pool, job, records)
  const checked = records.map((record) => ({ ...record, row: withGroups(record.row, groups) }))
  const store = (checksNames: boolean) =>
    deps.db.transaction().execute(async (tx) => {
      const locked = await lockImportJob(tx, upload)
      if (locked?.status !== 'InProgress' || !(await deleteChunk(tx, upload, chunk.number))) return
      if (checked.length > 0) await storeRecords(deps, tx, pool, { job: locked, key: upload, chunk, records: checked, groups, checksNames })
    })
  await store(false).catch((error: unknown) => {
    if (error instanceof NameTakenError) return store(true)
    throw error
  })
}

/** A user is refused whose group cannot be created. */
function withGroups(row: NumberedRecord['row'], { refused }: GroupResults): NumberedRecord['row'] {
  if (!('user' in row)) return row
  const problem = row.extras?.groups.map((name) => refused.get(name)).find(Boolean)
  return problem === undefined ? row : { problem }
}

type Batch = {
  readonly job: ImportJob
  readonly key: ImportJobKey
  readonly chunk: ImportChunk
  readonly records: readonly NumberedRecord[]
  readonly groups: GroupResults
  readonly checksNames: boolean
}

async function storeRecords(deps: ImportDeps, tx: Tx, pool: Pool, { job, key, chunk, records, groups, checksNames }: Batch): Promise<void> {
  const rows = records.flatMap(({ row }) => ('group' in row ? [] : [row]))
  const results = job.isDryRun
    ? await checkImportedUsers(tx, pool, rows, { secrets: deps.secrets, key })
    : await storeImportedUsers(tx, pool, rows, { checksNames, givesSubs: true })
  const imported = rows.filter((_, at) => results[at]?.outcome === 'SUCCEEDED')
  const takenNames = job.isDryRun ? 0 : await storeExtras(tx, pool, imported)
  const count = (outcome: RowResult['outcome']) => results.filter((result) => result.outcome === outcome).length
  await updateImportJob(tx, {
    ...job,
    imported: job.imported + count('SUCCEEDED'),
    skipped: job.skipped + count('SKIPPED'),
    failed: job.failed + count('FAILED'),
    leftOut: addLeftOut(job.leftOut, imported, takenNames),
  })
  const byRow = new Map(rows.map((row, at) => [row, results[at]]))
  const unit = readRecordsHead(job.header).isLines ? 'Line' : 'Record'
  const lines = records.map(({ number, row }) => {
    const result = 'group' in row ? groups.resultOf(row.group.name) : byRow.get(row)
    return `[${result?.outcome}] ${unit} Number ${number} - ${result?.message}${noteOf(row, result)}`
  })
  await insertLog(tx, key, chunk.number, lines)
}

function addLeftOut(before: LeftOutCounts, rows: readonly ImportRow[], takenNames: number): LeftOutCounts {
  const counts: Partial<Record<LeftOut, number>> = { ...before }
  const add = (reason: LeftOut, by: number) => {
    counts[reason] = (counts[reason] ?? 0) + by
  }
  for (const row of rows) if ('user' in row) for (const reason of row.leftOut ?? []) add(reason, 1)
  if (takenNames > 0) add('names', takenNames)
  return counts
}

/** What the log says about things that were left out of a user who was imported. */
function noteOf(row: NumberedRecord['row'], result: RowResult | undefined): string {
  const text = 'user' in row && result?.outcome === 'SUCCEEDED' ? leftOutText({}, row.leftOut) : ''
  return text === '' ? '' : ` ${text}`
}

/** What was left out, and how often: `Left out: 2 passkeys …`. Empty when nothing was. */
export function leftOutText(counts: LeftOutCounts, more: readonly LeftOut[] = []): string {
  const all: Partial<Record<LeftOut, number>> = { ...counts }
  for (const reason of more) all[reason] = (all[reason] ?? 0) + 1
  const parts = (Object.keys(leftOutTexts) as LeftOut[]).flatMap((reason) =>
    all[reason] ? [`${all[reason]} ${leftOutTexts[reason]}`] : [],
  )
  return parts.length === 0 ? '' : `Left out: ${parts.join('; ')}.`
}

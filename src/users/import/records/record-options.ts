import type { Secrets } from '../../../base/secrets.ts'
import { sealedTable } from '../../../storage/sealed-table.ts'
import type { ImportJob } from '../import-job.ts'
import type { RecordOptions } from './record-format.ts'

type JobKey = Pick<ImportJob, 'poolId' | 'id'>

/** The options have the signer key of a Firebase project, so they are sealed. */
export function sealRecordOptions(secrets: Secrets, job: JobKey, options: RecordOptions): string {
  return secrets.seal('import', JSON.stringify(options), contextOf(job))
}

/** @throws Error when the options were altered, or sealed under another master key */
export function openRecordOptions(secrets: Secrets, job: JobKey & Pick<ImportJob, 'sealedOptions'>): RecordOptions {
  const text = job.sealedOptions === null ? undefined : secrets.open('import', job.sealedOptions, contextOf(job))
  if (text === undefined) throw new Error(`The options of import job ${job.id} cannot be opened.`)
  return JSON.parse(text.toString()) as RecordOptions
}

const contextOf = ({ poolId, id }: JobKey): string => `options/${poolId}/${id}`

export const sealedImportJobs = sealedTable('import_job', {
  key: ['pool_id', 'id'],
  columns: {
    sealed_options: (secrets, sealed, { pool_id: poolId, id }) => secrets.reseal('import', sealed, contextOf({ poolId, id })),
  },
})

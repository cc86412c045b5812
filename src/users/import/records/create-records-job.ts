import type { Clock } from '../../../base/clock.ts'
import { uuidv7 } from '../../../base/ids.ts'
import type { Secrets } from '../../../base/secrets.ts'
import { invalidParameter } from '../../../contract/api-error.ts'
import { requireLockedPool } from '../../../pools/change-pool.ts'
import type { Pool } from '../../../pools/pool.ts'
import { type Quotas, requireWithinQuota } from '../../../pools/quotas.ts'
import type { Db, Tx } from '../../../storage/db.ts'
import { blankJob, type ImportJob } from '../import-job.ts'
import { countImportJobsUpTo, insertImportJob } from '../import-job-repository.ts'
import type { RecordFormat, RecordOptions } from './record-format.ts'
import { sealRecordOptions } from './record-options.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets; readonly quotas: Quotas }

type RecordsJobInput = {
  readonly poolId: string
  readonly name: string
  readonly format: RecordFormat
  readonly isDryRun: boolean
  readonly options: RecordOptions
  /** Stores the audit record, in the transaction that stores the job. */
  record(tx: Tx, job: ImportJob): Promise<void>
}

/**
 * Creates a job for a file of records.
 *
 * @throws ApiError ResourceNotFoundException when there is no such pool
 * @throws ApiError InvalidParameterException when the pool does not have an attribute of the options, or a hash parameter is no base64
 * @throws ApiError LimitExceededException when the pool has too many jobs
 */
export async function createRecordsJob({ db, clock, secrets, quotas }: Deps, input: RecordsJobInput): Promise<ImportJob> {
  const { poolId, name, format, isDryRun, options } = input
  const now = clock.now()
  const id = `import-${uuidv7(now)}`
  const sealedOptions = sealRecordOptions(secrets, { poolId, id }, options)
  const job: ImportJob = { ...blankJob, poolId, id, name, roleArn: null, algorithm: null, createdAt: now, format, isDryRun, sealedOptions }
  await db.transaction().execute(async (tx) => {
    requireValidOptions(await requireLockedPool(tx, poolId), options)
    await insertImportJob(tx, job)
    requireWithinQuota(quotas, 'importJobsPerPool', await countImportJobsUpTo(tx, poolId, quotas.importJobsPerPool + 1))
    await input.record(tx, job)
  })
  return job
}

/** Attributes that have a place of their own in a record. */
const reserved: readonly string[] = ['sub', 'identities']

function requireValidOptions(pool: Pool, { attributes, idAttribute, firebaseHash }: RecordOptions): void {
  const schema = new Set(pool.schema.map(({ name }) => name).filter((name) => !reserved.includes(name)))
  const named = [...attributes.map(([, name]) => name), idAttribute ?? ''].filter((name) => name !== '')
  const unknown = named.find((name) => !schema.has(name))
  if (unknown !== undefined) throw invalidParameter(`The user pool has no attribute ${unknown}.`)
  const { signerKey = '', saltSeparator = '' } = firebaseHash ?? {}
  if (![signerKey, saltSeparator].every((text) => /^[A-Za-z0-9+/]*={0,2}$/.test(text))) {
    throw invalidParameter('FirebaseHash: SignerKey and SaltSeparator are base64, as the Firebase console shows them.')
  }
}

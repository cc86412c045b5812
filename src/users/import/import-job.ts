import { dayMs } from '../../base/durations.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { HashAlgorithm } from '../passwords/imported-hash.ts'
import type { LeftOut } from './records/imported-record.ts'
import type { RecordFormat } from './records/record-format.ts'

export type ImportStatus = 'Created' | 'Pending' | 'InProgress' | 'Stopping' | 'Expired' | 'Stopped' | 'Failed' | 'Succeeded'

/** The import of one file of users into a pool, and its progress. Times in epoch milliseconds. */
export type ImportJob = {
  readonly poolId: string
  /** `import-` and a UUIDv7, so that ids sort by creation time. */
  readonly id: string
  readonly name: string
  /** Null for a file of records. */
  readonly roleArn: string | null
  /** The algorithm of the column `password_hash`; null when the file has no password hashes. */
  readonly algorithm: HashAlgorithm | null
  readonly status: ImportStatus
  readonly createdAt: number
  readonly startedAt: number | null
  readonly completedAt: number | null
  readonly imported: number
  readonly skipped: number
  readonly failed: number
  /** Why the job ended, for the administrator; null when the status says enough. */
  readonly message: string | null
  /** The upload to import; null until the first upload is complete. */
  readonly uploadId: string | null
  /** The first line of a CSV file, or the RecordsHead of a file of records; null until the first upload is complete. */
  readonly header: string | null
  /** The format of a file of records; null for a CSV file. */
  readonly format: RecordFormat | null
  /** Whether the job only checks its file, and stores no user. */
  readonly isDryRun: boolean
  /** RecordOptions, sealed; null for a CSV file. */
  readonly sealedOptions: string | null
  /** What of the records was left out, and how often. */
  readonly leftOut: LeftOutCounts
}

export type LeftOutCounts = Readonly<Partial<Record<LeftOut, number>>>

/** The statuses of jobs that will never run again. */
export const endedStatuses: readonly ImportStatus[] = ['Expired', 'Stopped', 'Failed', 'Succeeded']

/** A job that was not started within this time after its creation expires. (At Cognito the time is 24 to 48 hours.) */
export const startWithinMs = dayMs

export const stoppedMessage = 'The Import Job was stopped by the developer.'

/** The status at `now`: a job that was not started in time is expired, even if the row does not say so yet. */
export function statusAt(job: Pick<ImportJob, 'status' | 'createdAt'>, now: number): ImportStatus {
  return job.status === 'Created' && now - job.createdAt >= startWithinMs ? 'Expired' : job.status
}

/** A job that has just been created. */
export const blankJob = {
  status: 'Created',
  startedAt: null,
  completedAt: null,
  imported: 0,
  skipped: 0,
  failed: 0,
  message: null,
  uploadId: null,
  header: null,
  leftOut: {},
} as const satisfies Partial<ImportJob>

/**
 * Each row of a CSV file must mark as verified an address that the pool verifies. So the pool must verify at least one kind of address.
 * (Unconfirmed whether Cognito checks this at the creation or at the start; we check at both.)
 * @throws ApiError PreconditionNotMetException when the pool verifies no attribute
 */
export function requireVerifiedAttribute(pool: Pool): void {
  if (pool.autoVerifiedAttributes.length > 0) return
  throw preconditionNotMet('The user pool must have at least one auto-verified attribute (email or phone_number) to import users.')
}

export function preconditionNotMet(message: string): ApiError {
  return new ApiError('PreconditionNotMetException', message)
}

export function importJobNotFound(id: string): ApiError {
  return new ApiError('ResourceNotFoundException', `User import job ${id} does not exist.`)
}

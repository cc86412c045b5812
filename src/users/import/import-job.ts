import { dayMs } from '../../base/durations.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { HashAlgorithm } from '../passwords/imported-hash.ts'

export type ImportStatus = 'Created' | 'Pending' | 'InProgress' | 'Stopping' | 'Expired' | 'Stopped' | 'Failed' | 'Succeeded'

/** A file of users that a pool is to take in, and how far it has come. Times in epoch milliseconds. */
export type ImportJob = {
  readonly poolId: string
  /** `import-` and a UUIDv7, so that ids sort by the time they were made. */
  readonly id: string
  readonly name: string
  readonly roleArn: string
  /** What the column `password_hash` holds; null when the file has no password hashes. */
  readonly algorithm: HashAlgorithm | null
  readonly status: ImportStatus
  readonly createdAt: number
  readonly startedAt: number | null
  readonly completedAt: number | null
  readonly imported: number
  readonly skipped: number
  readonly failed: number
  /** Why it ended, in words for the administrator; null where the status says it all. */
  readonly message: string | null
  /** Which upload counts; null before the first one is complete. */
  readonly uploadId: string | null
  /** The first line of the file; null before the first upload is complete. */
  readonly header: string | null
}

/** Cognito gives up jobs that nobody started within 24 to 48 hours. */
export const startWithinMs = dayMs

export const stoppedMessage = 'The Import Job was stopped by the developer.'

/** What the job's status is at `now`: nobody has to write down that it waited too long. */
export function statusAt(job: Pick<ImportJob, 'status' | 'createdAt'>, now: number): ImportStatus {
  return job.status === 'Created' && now - job.createdAt >= startWithinMs ? 'Expired' : job.status
}

/**
 * Throws PreconditionNotMetException: each row has to vouch for an attribute that the pool verifies, so that there must be one.
 * (Unconfirmed whether Cognito says so at the creation or at the start; here at both.)
 */
export function requireVerifiedAttribute(pool: Pool): void {
  if (pool.autoVerifiedAttributes.length > 0) return
  throw preconditionNotMet('The user pool must have at least one auto-verified attribute (email or phone_number) to import users.')
}

export function preconditionNotMet(message: string): ApiError {
  return new ApiError('PreconditionNotMetException', message)
}

/** The answer for a job that the pool does not have. */
export function importJobNotFound(id: string): ApiError {
  return new ApiError('ResourceNotFoundException', `User import job ${id} does not exist.`)
}

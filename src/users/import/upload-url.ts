import { minuteMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { ImportJobKey } from '../../pools/active-import-repository.ts'
import type { ImportJob } from './import-job.ts'

/** How long after its creation a job's pre-signed URL is valid: as long as Cognito's. */
const uploadWithinMs = 15 * minuteMs

export function uploadPath(poolId: string, jobId: string): string {
  return `/user-imports/${poolId}/${jobId}`
}

/** The pre-signed URL for a job's file. Anyone who knows it may upload, until it expires. */
export function uploadUrl(secrets: Secrets, publicUrl: string, job: Pick<ImportJob, 'poolId' | 'id' | 'createdAt'>): string {
  const key = { poolId: job.poolId, jobId: job.id }
  const expires = job.createdAt + uploadWithinMs
  return `${publicUrl}${uploadPath(job.poolId, job.id)}?Expires=${expires}&Signature=${sign(secrets, key, String(expires)).toString('base64url')}`
}

/** Whether this installation signed the URL and it has not expired at `now`. `query` has the parameters of the URL as text. */
export function isUploadAllowed(secrets: Secrets, key: ImportJobKey, query: { expires: string; signature: string }, now: number): boolean {
  const genuine = secrets.isMac('import-upload', query.signature, key.poolId, key.jobId, query.expires)
  return genuine && now < Number(query.expires)
}

function sign(secrets: Secrets, { poolId, jobId }: ImportJobKey, expires: string): Buffer {
  return secrets.mac('import-upload', poolId, jobId, expires)
}

import type { Secrets } from '../../base/secrets.ts'
import type { UserImportJobType } from '../../contract/generated/types.ts'
import { type ImportJob, statusAt } from './import-job.ts'
import { uploadUrl } from './upload-url.ts'

export function writeImportJob(
  job: ImportJob,
  { secrets, publicUrl, now }: { readonly secrets: Secrets; readonly publicUrl: string; readonly now: number },
): UserImportJobType {
  const status = statusAt(job, now)
  return {
    JobName: job.name,
    JobId: job.id,
    UserPoolId: job.poolId,
    PreSignedUrl: status === 'Created' ? uploadUrl(secrets, publicUrl, job) : undefined,
    CreationDate: new Date(job.createdAt),
    StartDate: job.startedAt === null ? undefined : new Date(job.startedAt),
    CompletionDate: job.completedAt === null ? undefined : new Date(job.completedAt),
    Status: status,
    CloudWatchLogsRoleArn: job.roleArn ?? undefined,
    ImportedUsers: job.imported,
    SkippedUsers: job.skipped,
    FailedUsers: job.failed,
    CompletionMessage: job.message ?? undefined,
    PasswordHashingAlgorithm: job.algorithm ?? undefined,
  }
}

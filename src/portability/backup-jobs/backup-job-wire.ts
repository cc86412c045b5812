import type { Output } from '../../contract/operation.ts'
import type { BackupJob } from './backup-job.ts'

type WireJob = NonNullable<Output<'StartBackup'>['Backup']>

const timeOf = (ms: number | null) => (ms === null ? undefined : new Date(ms))

export function writeBackupJob(job: BackupJob): WireJob {
  return {
    BackupId: job.id,
    Status: job.status,
    Cause: job.cause,
    StartedAt: timeOf(job.createdAt),
    FinishedAt: timeOf(job.finishedAt),
    Rows: job.rows ?? undefined,
    Bytes: job.bytes ?? undefined,
    Location: job.location ?? undefined,
    FailureReason: job.failure ?? undefined,
    RemovedAt: timeOf(job.removedAt),
  }
}

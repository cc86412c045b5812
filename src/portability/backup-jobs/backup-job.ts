/** STARTED waits for a process, RUNNING is being written. The others are final. */
export type BackupStatus = 'STARTED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED'

/** Why there is a job: a call of StartBackup, or `--backup-every-hours`. */
export type BackupCause = 'REQUEST' | 'SCHEDULE'

/** A backup that a server makes. Times are in epoch milliseconds. */
export type BackupJob = {
  readonly id: string
  readonly status: BackupStatus
  readonly cause: BackupCause
  readonly createdAt: number
  readonly finishedAt: number | null
  readonly rows: number | null
  readonly bytes: number | null
  /** The path of the file or the address of the object, once it is complete and verified. */
  readonly location: string | null
  /** Why the job failed: one sentence, without any secret. */
  readonly failure: string | null
  /** When the backup was deleted, because there are enough newer ones. */
  readonly removedAt: number | null
}

/** The name of the job's file: the time, and the random end of the id. */
export function fileNameOf({ id, createdAt }: Pick<BackupJob, 'id' | 'createdAt'>): string {
  const time = new Date(createdAt).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')
  return `lifeguard-${time}Z-${id.slice(-8)}.backup`
}

/** Whether a file has a name that `fileNameOf` gives. No other file is ever deleted. */
export function isOurFileName(name: string): boolean {
  return /^lifeguard-\d{8}T\d{6}Z-[0-9a-f]{8}\.backup$/.test(name)
}

/** After a failure the next scheduled attempt comes no earlier, so that a full disk is not filled again and again. */
const retryMs = 3_600_000

/** When the schedule makes the next backup, in epoch milliseconds. */
export function nextScheduledAt(everyMs: number, { succeededAt, attemptedAt }: { succeededAt?: number; attemptedAt?: number }): number {
  const afterSuccess = (succeededAt ?? Number.NEGATIVE_INFINITY) + everyMs
  return Math.max(afterSuccess, (attemptedAt ?? Number.NEGATIVE_INFINITY) + Math.min(everyMs, retryMs))
}

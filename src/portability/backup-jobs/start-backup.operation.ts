import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { uuidv7 } from '../../base/ids.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { BackupJob } from './backup-job.ts'
import { findWaitingJob, insertBackupJob } from './backup-job-repository.ts'
import { writeBackupJob } from './backup-job-wire.ts'
import type { BackupRunner } from './backup-runner.ts'

type Deps = { db: Db; clock: Clock; backups: Pick<BackupRunner, 'isConfigured' | 'wake'> }

/**
 * Lifeguard's own operation: starts a backup of everything. Only the settings of the server say where it goes and how it is sealed. While a
 * backup waits, another one would have the same content, so the answer is the waiting one.
 */
export const startBackup = operation('StartBackup', {
  auth: 'iam',
  isAudited: true,

  async handle(_request, { db, clock, backups }: Deps, { audit }: AuditedCaller) {
    if (!backups.isConfigured) throw invalidParameter('This server has no place for backups. Set --backup-to.')
    const now = clock.now()
    const id = uuidv7(now)
    const job = await db.transaction().execute(async (tx): Promise<BackupJob> => {
      const waiting = await findWaitingJob(tx)
      await audit.record(tx, { subject: waiting?.id ?? id })
      if (waiting !== undefined) return waiting
      const started = { id, cause: 'REQUEST', createdAt: now } as const
      await insertBackupJob(tx, started)
      const open = { status: 'STARTED', finishedAt: null, rows: null, bytes: null, location: null, failure: null, removedAt: null } as const
      return { ...started, ...open }
    })
    backups.wake()
    return { Backup: writeBackupJob(job) }
  },
})

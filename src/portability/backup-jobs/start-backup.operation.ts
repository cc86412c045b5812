import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { uuidv7 } from '../../base/ids.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { BackupJob } from './backup-job.ts'
import { findActiveJob, insertBackupJob } from './backup-job-repository.ts'
import { writeBackupJob } from './backup-job-wire.ts'
import type { BackupRunner } from './backup-runner.ts'

type Deps = { db: Db; clock: Clock; backups: Pick<BackupRunner, 'isConfigured' | 'wake'> }

/** Lifeguard's own operation: starts a backup of everything. Only the settings of the server say where it goes and how it is sealed. */
export const startBackup = operation('StartBackup', {
  auth: 'iam',
  isAudited: true,

  async handle(_request, { db, clock, backups }: Deps, { audit }: AuditedCaller) {
    if (!backups.isConfigured) throw invalidParameter('This server has no place for backups. Set --backup-to.')
    const now = clock.now()
    const job = await db.transaction().execute(async (tx): Promise<BackupJob> => {
      const active = await findActiveJob(tx)
      if (active !== undefined) throw new ApiError('LimitExceededException', `The backup ${active.id} has not ended yet.`)
      const started = { id: uuidv7(now), cause: 'REQUEST', createdAt: now } as const
      await insertBackupJob(tx, started)
      await audit.record(tx, { subject: started.id })
      const open = { status: 'STARTED', finishedAt: null, rows: null, bytes: null, location: null, failure: null, removedAt: null } as const
      return { ...started, ...open }
    })
    backups.wake()
    return { Backup: writeBackupJob(job) }
  },
})

import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { acquireImportSlot } from '../../pools/active-import-repository.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import type { Db } from '../../storage/db.ts'
import { type ImportJob, importJobNotFound, preconditionNotMet, requireVerifiedAttribute, statusAt } from './import-job.ts'
import { lockImportJob, updateImportJob } from './import-job-repository.ts'
import { writeImportJob } from './import-job-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; publicUrl: string; imports: { wake(): void } }

export const startUserImportJob = operation('StartUserImportJob', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, publicUrl, imports }: Deps, { audit }: AuditedCaller) {
    const key = { poolId: request.UserPoolId, jobId: request.JobId }
    const now = clock.now()
    const started = await db.transaction().execute(async (tx): Promise<ImportJob> => {
      // A concurrent change of the pool waits for this lock. Then it finds the active job and is refused (`requireNoImport`).
      const pool = await requireLockedPool(tx, key.poolId)
      const job = await lockImportJob(tx, key)
      if (job === undefined) throw importJobNotFound(key.jobId)
      requireStartable(job, now)
      if (job.format === null) requireVerifiedAttribute(pool)
      if (!(await acquireImportSlot(tx, key))) throw preconditionNotMet('Another user import job is in progress.')
      const pending: ImportJob = { ...job, status: 'Pending', startedAt: now }
      await updateImportJob(tx, pending)
      await audit.record(tx, { detail: `name: ${job.name}` })
      return pending
    })
    imports.wake()
    return { UserImportJob: writeImportJob(started, { secrets, publicUrl, now }) }
  },
})

function requireStartable(job: ImportJob, now: number): void {
  const status = statusAt(job, now)
  if (status !== 'Created') throw preconditionNotMet(`The user import job cannot be started: its status is ${status}.`)
  if (job.uploadId === null) throw preconditionNotMet(`No csv file was uploaded for ${job.id}`)
}

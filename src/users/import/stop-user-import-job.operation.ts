import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { type ImportJob, importJobNotFound, preconditionNotMet, statusAt } from './import-job.ts'
import { lockImportJob, updateImportJob } from './import-job-repository.ts'
import { writeImportJob } from './import-job-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; publicUrl: string; imports: { wake(): void } }

/** Stops an import job. The users that it has imported so far remain. A stopped job cannot be started again. */
export const stopUserImportJob = operation('StopUserImportJob', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, pools, publicUrl, imports }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const key = { poolId: pool.id, jobId: request.JobId }
    const now = clock.now()
    const stopping = await db.transaction().execute(async (tx): Promise<ImportJob> => {
      const job = await lockImportJob(tx, key)
      if (job === undefined) throw importJobNotFound(key.jobId)
      if (job.status !== 'Pending' && job.status !== 'InProgress') {
        throw preconditionNotMet(`The user import job cannot be stopped: its status is ${statusAt(job, now)}.`)
      }
      const changed: ImportJob = { ...job, status: 'Stopping' }
      await updateImportJob(tx, changed)
      await audit.record(tx, { detail: `name: ${job.name}` })
      return changed
    })
    imports.wake()
    return { UserImportJob: writeImportJob(stopping, { secrets, publicUrl, now }) }
  },
})

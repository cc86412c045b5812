import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import type { ImportJob } from './import-job.ts'
import { writeImportJob } from './import-job-wire.ts'
import { startImportJob } from './start-import-job.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; publicUrl: string; imports: { wake(): void } }

export const startUserImportJob = operation('StartUserImportJob', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, publicUrl, imports }: Deps, { audit }: AuditedCaller) {
    const now = clock.now()
    const started = await db.transaction().execute(async (tx): Promise<ImportJob> => {
      const pending = await startImportJob(tx, { poolId: request.UserPoolId, jobId: request.JobId }, now)
      await audit.record(tx, { detail: `name: ${pending.name}` })
      return pending
    })
    imports.wake()
    return { UserImportJob: writeImportJob(started, { secrets, publicUrl, now }) }
  },
})

import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { uuidv7 } from '../../base/ids.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { blankJob, type ImportJob, requireVerifiedAttribute } from './import-job.ts'
import { countImportJobsUpTo, insertImportJob } from './import-job-repository.ts'
import { writeImportJob } from './import-job-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; quotas: Quotas; publicUrl: string }

export const createUserImportJob = operation('CreateUserImportJob', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, quotas, publicUrl }: Deps, { audit }: AuditedCaller) {
    const now = clock.now()
    const job: ImportJob = {
      ...blankJob,
      poolId: request.UserPoolId,
      id: `import-${uuidv7(now)}`,
      name: request.JobName,
      roleArn: request.CloudWatchLogsRoleArn,
      algorithm: request.PasswordHashingAlgorithm ?? null,
      createdAt: now,
      format: null,
      isDryRun: false,
      sealedOptions: null,
    }
    await db.transaction().execute(async (tx) => {
      requireVerifiedAttribute(await requireLockedPool(tx, job.poolId))
      await insertImportJob(tx, job)
      requireWithinQuota(quotas, 'importJobsPerPool', await countImportJobsUpTo(tx, job.poolId, quotas.importJobsPerPool + 1))
      await audit.record(tx, { subject: job.id, detail: `name: ${job.name}` })
    })
    return { UserImportJob: writeImportJob(job, { secrets, publicUrl, now }) }
  },
})

import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { importJobNotFound } from './import-job.ts'
import { findImportJob } from './import-job-repository.ts'
import { writeImportJob } from './import-job-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; publicUrl: string }

/** Audited, because the answer shows the URL that a file can be uploaded to. */
export const describeUserImportJob = operation('DescribeUserImportJob', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, secrets, pools, publicUrl }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const job = await findImportJob(db, { poolId: pool.id, jobId: request.JobId })
    if (job === undefined) throw importJobNotFound(request.JobId)
    const shown = writeImportJob(job, { secrets, publicUrl, now: clock.now() })
    const detail = shown.PreSignedUrl === undefined ? undefined : 'shown: PreSignedUrl'
    await db.transaction().execute((tx) => audit.record(tx, { detail }))
    return { UserImportJob: shown }
  },
})

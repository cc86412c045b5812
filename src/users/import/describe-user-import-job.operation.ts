import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { importJobNotFound } from './import-job.ts'
import { findImportJob } from './import-job-repository.ts'
import { writeImportJob } from './import-job-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; publicUrl: string }

export const describeUserImportJob = operation('DescribeUserImportJob', {
  auth: 'iam',

  async handle(request, { db, clock, secrets, pools, publicUrl }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const job = await findImportJob(db, { poolId: pool.id, jobId: request.JobId })
    if (job === undefined) throw importJobNotFound(request.JobId)
    return { UserImportJob: writeImportJob(job, { secrets, publicUrl, now: clock.now() }) }
  },
})

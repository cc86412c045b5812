import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { listImportJobs } from './import-job-repository.ts'
import { writeImportJob } from './import-job-wire.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; publicUrl: string }

/** Lists the import jobs of a pool, the newest first. */
export const listUserImportJobs = operation('ListUserImportJobs', {
  auth: 'iam',

  async handle(request, { db, clock, secrets, pools, publicUrl }: Deps) {
    const { UserPoolId: poolId, MaxResults: size } = request
    await pools.getPool(poolId)
    const list = `ListUserImportJobs ${poolId}`
    const after = readPageToken(secrets, list, request.PaginationToken)
    const { entries, nextToken } = pageOf(await listImportJobs(db, poolId, { after, limit: size + 1 }), size, secrets, list)
    const context = { secrets, publicUrl, now: clock.now() }
    return { UserImportJobs: entries.map((job) => writeImportJob(job, context)), PaginationToken: nextToken }
  },
})

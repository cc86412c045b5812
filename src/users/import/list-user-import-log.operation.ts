import type { Secrets } from '../../base/secrets.ts'
import { operation } from '../../contract/operation.ts'
import { pageOf, readPageToken } from '../../contract/page-token.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { importJobNotFound } from './import-job.ts'
import { findImportJob } from './import-job-repository.ts'
import { listLog } from './import-log-repository.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog }

/** Log entries on a page. Each has the results of up to 100 rows. */
const pageSize = 10

/**
 * Lifeguard's own operation: lists the result of each row of an import job. The texts are those of Cognito's log stream
 * `<JobId>/<JobName>`. Lifeguard does not write such a log stream.
 */
export const listUserImportLog = operation('ListUserImportLog', {
  auth: 'iam',

  async handle(request, { db, secrets, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const key = { poolId: pool.id, jobId: request.JobId }
    if ((await findImportJob(db, key)) === undefined) throw importJobNotFound(key.jobId)
    const list = `ListUserImportLog ${key.poolId} ${key.jobId}`
    const after = readPageToken(secrets, list, request.NextToken)
    const { entries, nextToken } = pageOf(await listLog(db, key, { after, limit: pageSize + 1 }), pageSize, secrets, list)
    return { Lines: entries.flatMap(({ lines }) => lines), NextToken: nextToken }
  },
})

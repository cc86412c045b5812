import type { Secrets } from '../base/secrets.ts'
import type { AuditRecordType } from '../contract/generated/types.ts'
import { operation } from '../contract/operation.ts'
import { pageOf, readPageToken } from '../pools/page-token.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { Db } from '../storage/db.ts'
import type { AuditRecord } from './audit-record.ts'
import { listAuditRecordsOf } from './audit-repository.ts'

type Deps = { db: Db; secrets: Secrets; pools: PoolCatalog }

const largestPage = 60

/** Lifeguard's own operation: lists what administrators did in a pool, newest first. */
export const listAuditRecords = operation('ListAuditRecords', {
  auth: 'iam',

  async handle(request, { db, secrets, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const size = request.MaxResults ?? largestPage
    const list = `ListAuditRecords ${pool.id}`
    const after = readPageToken(secrets, list, request.NextToken)
    const found = await listAuditRecordsOf(db, pool.id, { after, limit: size + 1 })
    const { entries, nextToken } = pageOf(found, size, secrets, list)
    return { Records: entries.map(writeRecord), NextToken: nextToken }
  },
})

/** `Username` is the username that the user had when the action was recorded. For some users that username is their `sub`. */
function writeRecord({ id, at, action, accessKeyId, username, detail, reason }: AuditRecord): AuditRecordType {
  return { RecordId: id, At: new Date(at), Action: action, AccessKeyId: accessKeyId, Username: username, Detail: detail, Reason: reason }
}

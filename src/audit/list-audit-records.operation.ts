import { lowestUuidv7 } from '../base/ids.ts'
import type { Secrets } from '../base/secrets.ts'
import { invalidParameter } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import { readPageToken, writePageToken } from '../contract/page-token.ts'
import type { Db } from '../storage/db.ts'
import { type AuditFilter, countMembers, listAuditRecordsOf, matches } from './audit-repository.ts'
import { writeRecord } from './wire.ts'

type Deps = { db: Db; secrets: Secrets }

const largestPage = 60

/** The most records that one call reads to find those that match several members of a filter. */
const mostExamined = 600

/**
 * Lifeguard's own operation: lists who changed what, newest first; also of pools that are deleted. Without `UserPoolId`, the policy of the
 * caller's key must allow it on the resource `*`.
 *
 * An index finds the records of one member of the filter. If there are more members, one call reads a limited number of records, so its
 * page may be short, or empty, although a `NextToken` follows.
 */
export const listAuditRecords = operation('ListAuditRecords', {
  auth: 'iam',

  async handle(request, { db, secrets }: Deps) {
    const { UserPoolId, IdentityPoolId, StartTime: start, EndTime: end } = request
    if (UserPoolId !== undefined && IdentityPoolId !== undefined)
      throw invalidParameter('UserPoolId and IdentityPoolId must not be given together.')
    const filter: AuditFilter = {
      poolId: UserPoolId ?? IdentityPoolId,
      accessKeyId: request.AccessKeyId,
      sessionArn: request.SessionArn,
      sessionIdentityId: request.SessionIdentityId,
      operation: request.Operation,
      subject: request.Subject,
    }
    const list = `ListAuditRecords ${JSON.stringify([...Object.values(filter), start, end])}`
    const size = request.MaxResults ?? largestPage
    const limit = countMembers(filter) > 1 ? mostExamined : size + 1
    const before = readPageToken(secrets, list, request.NextToken) ?? (end && idAt('EndTime', end))
    const examined = await listAuditRecordsOf(db, filter, { from: start && idAt('StartTime', start), before }, limit)
    const found = examined.filter((record) => matches(record, filter))
    const records = found.slice(0, size)
    const last = found.length > size ? records.at(-1) : examined.length === limit ? examined.at(-1) : undefined
    return { Records: records.map(writeRecord), NextToken: last && writePageToken(secrets, list, last.id) }
  },
})

/**
 * The lowest id of a record of this time. An id has 48 bits for the milliseconds since 1970. `member` is the member that holds the time.
 */
function idAt(member: string, time: Date): string {
  const at = time.getTime()
  if (!(at >= 0 && at < 2 ** 48)) throw invalidParameter(`${member} must be a time after 1970.`)
  return lowestUuidv7(at)
}

import { isIdentityPoolId } from '../access/authorize.ts'
import type { AuditRecordType } from '../contract/generated/types.ts'
import type { AuditRecord } from './audit-record.ts'

/** `Username` is the username that the user had when the call was recorded. For some users that username is their `sub`. */
export function writeRecord(record: AuditRecord) {
  const isOfIdentityPool = record.poolId !== undefined && isIdentityPoolId(record.poolId)
  return {
    RecordId: record.id,
    At: new Date(record.at),
    Operation: record.operation,
    Outcome: record.outcome,
    AccessKeyId: record.accessKeyId,
    SessionArn: record.sessionArn,
    SessionIdentityId: record.sessionIdentityId,
    SystemUser: record.systemUser,
    UserPoolId: isOfIdentityPool ? undefined : record.poolId,
    IdentityPoolId: isOfIdentityPool ? record.poolId : undefined,
    Subject: record.subject,
    Username: record.username,
    ChangedMembers: record.changedMembers,
    RequestId: record.requestId,
    Address: record.address,
    Detail: record.detail,
    Reason: record.reason,
  } satisfies AuditRecordType
}

import type { AuditRecordType } from '../contract/generated/types.ts'
import type { AuditRecord } from './audit-record.ts'

/** `Username` is the username that the user had when the call was recorded. For some users that username is their `sub`. */
export function writeRecord(record: AuditRecord) {
  return {
    RecordId: record.id,
    At: new Date(record.at),
    Operation: record.operation,
    Outcome: record.outcome,
    AccessKeyId: record.accessKeyId,
    SystemUser: record.systemUser,
    UserPoolId: record.poolId,
    Subject: record.subject,
    Username: record.username,
    ChangedMembers: record.changedMembers,
    RequestId: record.requestId,
    Address: record.address,
    Detail: record.detail,
    Reason: record.reason,
  } satisfies AuditRecordType
}

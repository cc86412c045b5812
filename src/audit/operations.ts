import { listAuditRecords } from './list-audit-records.operation.ts'

/** The API operations of this module. */
export const auditOperations = [listAuditRecords] as const

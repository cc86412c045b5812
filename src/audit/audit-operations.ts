import { listAuditRecords } from './list-audit-records.operation.ts'

export const auditOperations = [listAuditRecords] as const

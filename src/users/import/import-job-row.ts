import type { Selectable } from 'kysely'
import type { ImportJobTable } from '../../storage/import-tables.ts'
import type { HashAlgorithm } from '../passwords/imported-hash.ts'
import type { ImportJob, ImportStatus } from './import-job.ts'

export function fromRow(row: Selectable<ImportJobTable>): ImportJob {
  return {
    poolId: row.pool_id,
    id: row.id,
    name: row.name,
    roleArn: row.role_arn,
    algorithm: row.algorithm as HashAlgorithm | null,
    status: row.status as ImportStatus,
    createdAt: row.created_at,
    startedAt: row.started_at,
    completedAt: row.completed_at,
    imported: row.imported,
    skipped: row.skipped,
    failed: row.failed,
    message: row.message,
    uploadId: row.upload_id,
    header: row.header === null ? null : (JSON.parse(row.header) as string),
  }
}

export function toRow(job: ImportJob): Selectable<ImportJobTable> {
  return {
    pool_id: job.poolId,
    id: job.id,
    name: job.name,
    role_arn: job.roleArn,
    algorithm: job.algorithm,
    status: job.status,
    created_at: job.createdAt,
    started_at: job.startedAt,
    completed_at: job.completedAt,
    imported: job.imported,
    skipped: job.skipped,
    failed: job.failed,
    message: job.message,
    upload_id: job.uploadId,
    header: writeHeader(job.header),
  }
}

/** The header as JSON text. PostgreSQL cannot store NUL characters, which a file may contain; JSON escapes them. */
function writeHeader(header: string | null): string | null {
  return header === null ? null : JSON.stringify(header)
}

import type { Selectable } from 'kysely'
import type { ImportJobTable } from '../../storage/import-tables.ts'
import type { HashAlgorithm } from '../passwords/imported-hash.ts'
import type { ImportJob, ImportStatus, LeftOutCounts } from './import-job.ts'
import type { RecordFormat } from './records/record-format.ts'

export function fromRow(row: Selectable<ImportJobTable>): ImportJob {
  return {
    poolId: row.pool_id,
    id: row.id,
    name: row.name,
    // The column allows no null, because releases before the formats wrote it always.
    roleArn: row.role_arn === '' ? null : row.role_arn,
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
    format: row.format as RecordFormat | null,
    isDryRun: row.dry_run === 1,
    sealedOptions: row.sealed_options,
    leftOut: row.left_out === null ? {} : (JSON.parse(row.left_out) as LeftOutCounts),
  }
}

export function toRow(job: ImportJob): Selectable<ImportJobTable> {
  return {
    pool_id: job.poolId,
    id: job.id,
    name: job.name,
    role_arn: job.roleArn ?? '',
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
    format: job.format,
    dry_run: job.isDryRun ? 1 : 0,
    sealed_options: job.sealedOptions,
    left_out: Object.keys(job.leftOut).length === 0 ? null : JSON.stringify(job.leftOut),
  }
}

/** The header as JSON text. PostgreSQL cannot store NUL characters, which a file may contain; JSON escapes them. */
function writeHeader(header: string | null): string | null {
  return header === null ? null : JSON.stringify(header)
}

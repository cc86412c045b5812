import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'import_job',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      id: 'key',
      name: 'text',
      role_arn: 'text',
      algorithm: 'key?',
      status: 'key',
      created_at: 'integer',
      started_at: 'integer?',
      completed_at: 'integer?',
      imported: 'integer',
      skipped: 'integer',
      failed: 'integer',
      message: 'text?',
      upload_id: 'key?',
      header: 'text?',
    },
    primaryKey: ['pool_id', 'id'],
    indexes: [['status', 'created_at']],
  },
  {
    name: 'import_chunk',
    shape: 'wide',
    columns: { pool_id: 'key', job_id: 'key', upload_id: 'key', number: 'integer', first_line: 'integer', sealed_lines: 'text' },
    primaryKey: ['pool_id', 'job_id', 'upload_id', 'number'],
  },
  {
    name: 'import_log',
    shape: 'wide',
    columns: { pool_id: 'key', job_id: 'key', number: 'integer', lines: 'text' },
    primaryKey: ['pool_id', 'job_id', 'number'],
  },
  {
    name: 'active_import',
    shape: 'narrow',
    columns: { slot: 'key', pool_id: 'key', job_id: 'key' },
    primaryKey: ['slot'],
  },
]

export const userImport: Migration = {
  name: '0008-user-import',
  up: (db, dialect) => createTables(db, dialect, tables),
}

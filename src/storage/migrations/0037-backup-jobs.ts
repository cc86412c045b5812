import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'backup_job',
    shape: 'wide',
    columns: {
      id: 'key',
      status: 'key',
      cause: 'key',
      holder: 'text?',
      created_at: 'integer',
      finished_at: 'integer?',
      rows: 'integer?',
      bytes: 'integer?',
      location: 'text?',
      failure: 'text?',
      removed_at: 'integer?',
    },
    primaryKey: ['id'],
    indexes: [['status', 'id']],
  },
]

export const backupJobs: Migration = {
  name: '0037-backup-jobs',
  up: (db, dialect) => createTables(db, dialect, tables),
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'log_record',
    shape: 'wide',
    columns: { pool_id: 'key', sink: 'key', id: 'key', at: 'integer', record: 'text' },
    primaryKey: ['pool_id', 'sink', 'id'],
    indexes: [['at']],
  },
]

export const logRecords: Migration = {
  name: '0034-log-records',
  up: (db, dialect) => createTables(db, dialect, tables),
}

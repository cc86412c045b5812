import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'audit_record',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      id: 'key',
      at: 'integer',
      action: 'key',
      access_key_id: 'key?',
      sub: 'key?',
      username: 'text?',
      detail: 'text?',
      reason: 'text?',
    },
    primaryKey: ['pool_id', 'id'],
    indexes: [['at']],
  },
]

export const auditRecords: Migration = {
  name: '0011-audit-records',
  up: (db, dialect) => createTables(db, dialect, tables),
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'pushed_request',
    shape: 'wide',
    columns: { pool_id: 'key', id: 'key', client_id: 'key', form: 'text', opened_at: 'integer?', expires_at: 'integer' },
    primaryKey: ['pool_id', 'id'],
    indexes: [['expires_at']],
  },
]

export const pushedRequests: Migration = {
  name: '0022-pushed-requests',
  up: (db, dialect) => createTables(db, dialect, tables),
}

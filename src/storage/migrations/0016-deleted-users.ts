import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'deleted_user',
    shape: 'narrow',
    columns: { pool_id: 'key', sub: 'key', due_at: 'integer' },
    primaryKey: ['pool_id', 'sub'],
    indexes: [['due_at']],
  },
]

/** A deleted user is gone at once; what they had very much of follows in small batches. */
export const deletedUsers: Migration = {
  name: '0016-deleted-users',
  up: (db, dialect) => createTables(db, dialect, tables),
}

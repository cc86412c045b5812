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

/** A deleted user disappears at once; rows that a user can have very many of are deleted later, in small batches. */
export const deletedUsers: Migration = {
  name: '0016-deleted-users',
  up: (db, dialect) => createTables(db, dialect, tables),
}

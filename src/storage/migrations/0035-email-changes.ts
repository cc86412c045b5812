import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'email_change',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      sub: 'key',
      position: 'integer',
      token_hash: 'key',
      details: 'text',
      changed_at: 'integer',
      expires_at: 'integer',
    },
    primaryKey: ['pool_id', 'sub', 'position'],
    indexes: [['pool_id', 'token_hash'], ['expires_at']],
  },
]

export const emailChanges: Migration = {
  name: '0035-email-changes',
  up: (db, dialect) => createTables(db, dialect, tables),
}

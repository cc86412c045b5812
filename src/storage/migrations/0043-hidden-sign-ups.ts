import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'hidden_sign_up',
    shape: 'narrow',
    columns: { pool_id: 'key', name_hash: 'key', attribute: 'text?', destination: 'text?', expires_at: 'integer' },
    primaryKey: ['pool_id', 'name_hash'],
    indexes: [['expires_at']],
  },
]

export const hiddenSignUps: Migration = {
  name: '0043-hidden-sign-ups',
  up: (db, dialect) => createTables(db, dialect, tables),
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'sign_in_link',
    shape: 'wide',
    columns: { pool_id: 'key', sub: 'key', id: 'key', token_hash: 'key', client_id: 'key', details: 'text', expires_at: 'integer' },
    primaryKey: ['pool_id', 'sub'],
    indexes: [['pool_id', 'token_hash'], ['expires_at']],
  },
]

export const signInLinks: Migration = {
  name: '0028-sign-in-links',
  up: (db, dialect) => createTables(db, dialect, tables),
}

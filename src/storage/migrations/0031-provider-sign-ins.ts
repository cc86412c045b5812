import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'provider_sign_in',
    shape: 'wide',
    columns: { pool_id: 'key', id: 'key', client_id: 'key', details: 'text', answer: 'text?', expires_at: 'integer' },
    primaryKey: ['pool_id', 'id'],
    indexes: [['expires_at']],
  },
]

export const providerSignIns: Migration = {
  name: '0031-provider-sign-ins',
  up: (db, dialect) => createTables(db, dialect, tables),
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'pool_resource',
    shape: 'wide',
    columns: { pool_id: 'key', kind: 'key', id: 'key', created_at: 'integer', updated_at: 'integer', config: 'text' },
    primaryKey: ['pool_id', 'kind', 'id'],
  },
  {
    name: 'pool_domain',
    shape: 'wide',
    columns: { domain: 'key', pool_id: 'key', created_at: 'integer', updated_at: 'integer', config: 'text' },
    primaryKey: ['domain'],
    indexes: [['pool_id']],
  },
]

export const poolResources: Migration = {
  name: '0002-pool-resources',
  up: (db, dialect) => createTables(db, dialect, tables),
}

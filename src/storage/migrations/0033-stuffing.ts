import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'stuffing_network',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      network: 'key',
      counts: 'text',
      failed_users: 'integer',
      level: 'integer',
      slowed_since: 'integer',
      slowed_until: 'integer',
      cleared_at: 'integer',
      expires_at: 'integer',
    },
    primaryKey: ['pool_id', 'network'],
    indexes: [['slowed_until'], ['expires_at']],
  },
]

export const stuffing: Migration = {
  name: '0033-stuffing',
  up: (db, dialect) => createTables(db, dialect, tables),
}

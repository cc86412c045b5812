import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'auth_event',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      sub: 'key',
      id: 'key',
      type: 'key',
      response: 'key',
      created_at: 'integer',
      details: 'text',
      feedback: 'text?',
    },
    primaryKey: ['pool_id', 'sub', 'id'],
    indexes: [['created_at']],
  },
  {
    name: 'provisioned_limit',
    shape: 'narrow',
    columns: { category: 'key', requests_per_second: 'integer', updated_at: 'integer' },
    primaryKey: ['category'],
  },
]

export const authEventsAndProvisionedLimits: Migration = {
  name: '0005-auth-events-and-provisioned-limits',
  up: (db, dialect) => createTables(db, dialect, tables),
}

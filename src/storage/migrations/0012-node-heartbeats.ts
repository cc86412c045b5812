import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'node_heartbeat',
    shape: 'narrow',
    columns: { node: 'key', at: 'integer' },
    primaryKey: ['node'],
    indexes: [['at']],
  },
]

export const nodeHeartbeats: Migration = {
  name: '0012-node-heartbeats',
  up: (db, dialect) => createTables(db, dialect, tables),
}

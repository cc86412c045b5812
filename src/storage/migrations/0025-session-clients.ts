import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'session_client',
    shape: 'narrow',
    columns: {
      pool_id: 'key',
      sub: 'key',
      sid: 'key',
      client_id: 'key',
      expires_at: 'integer',
      notify_at: 'integer?',
      attempts: 'integer',
    },
    primaryKey: ['pool_id', 'sub', 'sid', 'client_id'],
    indexes: [['notify_at'], ['expires_at']],
  },
]

export const sessionClients: Migration = {
  name: '0025-session-clients',
  up: (db, dialect) => createTables(db, dialect, tables),
}

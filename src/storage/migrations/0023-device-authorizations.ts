import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'device_authorization',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      id: 'key',
      device_code_hash: 'key',
      client_id: 'key',
      details: 'text',
      expires_at: 'integer',
      interval_seconds: 'integer',
      polled_at: 'integer?',
      decision: 'key?',
      sub: 'key?',
      approval: 'text?',
      session_id: 'key?',
    },
    primaryKey: ['pool_id', 'id'],
    indexes: [['pool_id', 'device_code_hash'], ['pool_id', 'sub'], ['expires_at']],
  },
]

export const deviceAuthorizations: Migration = {
  name: '0023-device-authorizations',
  up: (db, dialect) => createTables(db, dialect, tables),
}

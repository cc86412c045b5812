import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'authorization_code',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      id: 'key',
      sub: 'key',
      client_id: 'key',
      expires_at: 'integer',
      details: 'text',
      redeemed_at: 'integer?',
      session_id: 'key?',
    },
    primaryKey: ['pool_id', 'id'],
    indexes: [['pool_id', 'sub'], ['expires_at']],
  },
]

export const authorizationCodes: Migration = {
  name: '0020-authorization-codes',
  up: (db, dialect) => createTables(db, dialect, tables),
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'passkey',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      sub: 'key',
      id: 'key',
      public_key: 'text',
      counter: 'integer',
      relying_party_id: 'key',
      transports: 'text',
      attachment: 'text?',
      name: 'text',
      created_at: 'integer',
      last_used_at: 'integer?',
    },
    primaryKey: ['pool_id', 'sub', 'id'],
  },
]

export const passkeys: Migration = {
  name: '0006-passkeys',
  up: (db, dialect) => createTables(db, dialect, tables),
}

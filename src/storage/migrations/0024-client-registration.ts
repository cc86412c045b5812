import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'initial_access_token',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      id: 'key',
      token_hash: 'text',
      description: 'text',
      remaining_uses: 'integer',
      created_at: 'integer',
      expires_at: 'integer',
    },
    primaryKey: ['pool_id', 'id'],
    indexes: [['expires_at']],
  },
]

export const clientRegistration: Migration = {
  name: '0024-client-registration',
  async up(db, dialect) {
    await db.schema.alterTable('app_client').addColumn('registration', 'text').execute()
    await createTables(db, dialect, tables)
  },
}

import { sql } from 'kysely'
import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'former_user',
    shape: 'narrow',
    columns: { pool_id: 'key', sub: 'key', updated_at: 'integer', seen_in: 'text', base: 'text', has_password: 'integer' },
    primaryKey: ['pool_id', 'sub'],
  },
  {
    name: 'former_member',
    shape: 'narrow',
    columns: { pool_id: 'key', group_name: 'key', sub: 'key', seen_in: 'text' },
    primaryKey: ['pool_id', 'group_name', 'sub'],
    indexes: [['pool_id', 'sub']],
  },
]

export const formerPool: Migration = {
  name: '0040-former-pool',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    // How many passwords are still at the former pool is counted often, and these users become fewer.
    await db.schema
      .createIndex('user_at_former_pool')
      .on('user')
      .columns(['pool_id', 'sub'])
      .where(sql<boolean>`password = 'former'`)
      .execute()
  },
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'kept_user',
    shape: 'wide',
    columns: { pool_id: 'key', sub: 'key', name_key: 'key', deleted_at: 'integer', purge_at: 'integer', rows: 'text' },
    primaryKey: ['pool_id', 'sub'],
    indexes: [['purge_at'], ['pool_id', 'deleted_at'], ['pool_id', 'name_key', 'sub']],
  },
]

/** Deleted users and deleted pools can be kept for a while, and be restored. */
export const keptUsers: Migration = {
  name: '0038-kept-users',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    const pools = () => db.schema.alterTable('deleted_pool')
    await pools()
      .addColumn('kept_until', dialect.integer as never)
      .execute()
    await pools().addColumn('likeness', 'text').execute()
  },
}

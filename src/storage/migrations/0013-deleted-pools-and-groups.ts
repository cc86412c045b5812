import { sql } from 'kysely'
import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'deleted_pool',
    shape: 'wide',
    columns: {
      id: 'key',
      name: 'key',
      created_at: 'integer',
      updated_at: 'integer',
      config: 'text',
      deleted_at: 'integer',
      due_at: 'integer',
    },
    primaryKey: ['id'],
    indexes: [['due_at']],
  },
  {
    name: 'deleted_group',
    shape: 'narrow',
    columns: { pool_id: 'key', member_key: 'key', due_at: 'integer' },
    primaryKey: ['pool_id', 'member_key'],
    indexes: [['due_at']],
  },
]

/** A deleted pool or group disappears at once; its rows are deleted later, in small batches. */
export const deletedPoolsAndGroups: Migration = {
  name: '0013-deleted-pools-and-groups',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    await db.schema
      .alterTable('user_group')
      .addColumn('member_key', dialect.text as never)
      .execute()
    // The cast changes no value, but without it SQLite does not use the index to compare with a text column.
    await sql`create unique index user_group_member_key on user_group (pool_id, cast(coalesce(member_key, name) as text))`.execute(db)
  },
}

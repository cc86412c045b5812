import type { Migration } from './migration.ts'

/**
 * SQLite takes a pool for small, because it has no statistics. It finds the rows of a user by reading all rows of the pool, unless the index has
 * all columns of the table.
 */
export const coveringUserIndexes: Migration = {
  name: '0047-covering-user-indexes',
  async up(db, dialect) {
    if (dialect.hasStatistics) return
    for (const [table, column] of [
      ['user_alias', 'free_at'],
      ['former_member', 'seen_in'],
    ] as const) {
      const name = `${table}_pool_id_sub`
      await db.schema.dropIndex(name).execute()
      await db.schema.createIndex(name).on(table).columns(['pool_id', 'sub', column]).execute()
    }
  },
}

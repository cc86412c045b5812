import type { Migration } from './migration.ts'

/** The user statistics of the pool and the time of their next computation. Existing pools are due at once. */
export const likeness: Migration = {
  name: '0014-likeness',
  async up(db, dialect) {
    const pools = () => db.schema.alterTable('user_pool')
    await pools().addColumn('likeness', 'text').execute()
    await pools()
      .addColumn('likeness_due_at', dialect.integer as never, (column) => column.notNull().defaultTo(0))
      .execute()
    await db.schema.createIndex('user_pool_likeness_due_at').on('user_pool').column('likeness_due_at').execute()
  },
}

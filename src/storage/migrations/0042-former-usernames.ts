import type { Migration } from './migration.ts'

/**
 * A username that a user has given up stays reserved for the user until `free_at`: the row stays, but it no longer finds the user. Null for
 * a name that finds the user.
 */
export const formerUsernames: Migration = {
  name: '0042-former-usernames',
  locksFirst: 'user_alias',
  async up(db, dialect) {
    await db.schema
      .alterTable('user_alias')
      .addColumn('free_at', dialect.integer as never)
      .execute()
    await db.schema
      .createIndex('user_alias_free_at')
      .on('user_alias')
      .column('free_at')
      .where('free_at' as never, 'is not', null)
      .execute()
  },
}

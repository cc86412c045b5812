import { type Kysely, sql } from 'kysely'
import type { SchemaDialect } from '../dialect/schema-dialect.ts'
import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'user_group',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      name: 'key',
      description: 'text?',
      role_arn: 'key?',
      precedence: 'integer?',
      created_at: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['pool_id', 'name'],
  },
  {
    name: 'group_member',
    shape: 'narrow',
    columns: { pool_id: 'key', sub: 'key', group_name: 'key' },
    primaryKey: ['pool_id', 'sub', 'group_name'],
    indexes: [['pool_id', 'group_name', 'sub']],
  },
]

export const groupsAndTrackedSessions: Migration = {
  name: '0003-groups-and-tracked-sessions',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    await extendSessions(db, dialect)
  },
}

async function extendSessions(db: Kysely<never>, { text, integer }: SchemaDialect): Promise<void> {
  const columns = { user_signed_out_at: integer, last_active_at: integer, device: text, ip: text }
  for (const [name, type] of Object.entries(columns)) {
    await db.schema
      .alterTable('session')
      .addColumn(name, type as never)
      .execute()
  }
  // A session that began after the last sign-out of its user gets the time of that sign-out, so the session stays valid. Every other
  // session gets null: a sign-out of its user, if there was one, has ended it.
  await sql`
    update session set user_signed_out_at = (
      select signed_out_at from "user"
      where "user".pool_id = session.pool_id and "user".sub = session.sub and "user".signed_out_at < session.created_at
    )
  `.execute(db)
  // The index contains only tracked sessions that have not been revoked, so that all other sessions cost nothing. Without the column
  // `expires_at` SQLite would use the primary key instead, and read all sessions that the user ever had.
  await sql`
    create index session_tracked on session (pool_id, sub, expires_at) where last_active_at is not null and revoked_at is null
  `.execute(db)
}

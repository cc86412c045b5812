import { sql } from 'kysely'
import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'risk_counter',
    shape: 'narrow',
    columns: { pool_id: 'key', level: 'key', value: 'key', count: 'integer', decayed_at: 'integer' },
    primaryKey: ['pool_id', 'level', 'value'],
    indexes: [['decayed_at']],
  },
]

export const riskCounters: Migration = {
  name: '0036-risk-counters',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    // Only successful sign-ins and sign-ups are a user's history. However many attempts of others fail, they do not slow its query down.
    await db.schema
      .createIndex('auth_event_history')
      .on('auth_event')
      .columns(['pool_id', 'sub', 'id'])
      .where(sql<boolean>`response = 'Pass' and type in ('SignIn', 'SignUp')`)
      .execute()
  },
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'software_token',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      sub: 'key',
      secret: 'text?',
      pending_secret: 'text?',
      device_name: 'text?',
      last_step: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['pool_id', 'sub'],
  },
]

export const secondFactors: Migration = {
  name: '0004-second-factors',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    await db.schema.alterTable('user').addColumn('mfa', 'text').execute()
  },
}

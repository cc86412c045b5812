import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'device',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      sub: 'key',
      device_key: 'key',
      name: 'text?',
      verifier: 'text?',
      remembered: 'integer',
      last_ip: 'text?',
      created_at: 'integer',
      updated_at: 'integer',
      last_authenticated_at: 'integer',
    },
    primaryKey: ['pool_id', 'sub', 'device_key'],
  },
]

export const devices: Migration = {
  name: '0007-devices',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    await db.schema.alterTable('session').addColumn('device_key', 'text').execute()
  },
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'device_step',
    shape: 'wide',
    columns: { pool_id: 'key', sub: 'key', client_id: 'key', device_key: 'key', state: 'text', expires_at: 'integer' },
    primaryKey: ['pool_id', 'sub', 'client_id', 'device_key'],
    indexes: [['expires_at']],
  },
]

export const devicesOfSignIns: Migration = {
  name: '0015-devices-of-sign-ins',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    await db.schema.alterTable('session').addColumn('device_forgotten_at', dialect.integer).execute()
  },
}

import type { Migration } from './migration.ts'

export const forgottenDevices: Migration = {
  name: '0015-forgotten-devices',
  async up(db, dialect) {
    await db.schema.alterTable('session').addColumn('device_forgotten_at', dialect.integer).execute()
  },
}

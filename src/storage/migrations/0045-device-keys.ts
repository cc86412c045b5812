import type { Migration } from './migration.ts'

/** Finds the user of a device by its key alone: the name that a client sends with it may be a former one, which finds nobody. */
export const deviceKeys: Migration = {
  name: '0045-device-keys',
  async up(db) {
    await db.schema.createIndex('device_pool_id_device_key').on('device').columns(['pool_id', 'device_key']).execute()
  },
}

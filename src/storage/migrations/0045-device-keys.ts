import type { Migration } from './migration.ts'

/** An index that finds a device by its key alone. The username that a client sends with the key may be a former one. */
export const deviceKeys: Migration = {
  name: '0045-device-keys',
  async up(db) {
    await db.schema.createIndex('device_pool_id_device_key').on('device').columns(['pool_id', 'device_key']).execute()
  },
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'identity_pool',
    shape: 'wide',
    columns: { id: 'key', name: 'text', created_at: 'integer', updated_at: 'integer', config: 'text', roles: 'text?', tag_maps: 'text?' },
    primaryKey: ['id'],
  },
  {
    name: 'identity',
    shape: 'narrow',
    columns: {
      id: 'key',
      identity_pool_id: 'key',
      created_at: 'integer',
      updated_at: 'integer',
      disabled_at: 'integer?',
      had_login: 'integer',
    },
    primaryKey: ['id'],
    indexes: [['identity_pool_id', 'id']],
  },
  {
    name: 'identity_login',
    shape: 'narrow',
    columns: {
      identity_pool_id: 'key',
      provider: 'key',
      subject_key: 'key',
      subject: 'text',
      identity_id: 'key',
      created_at: 'integer',
    },
    primaryKey: ['identity_pool_id', 'provider', 'subject_key'],
    indexes: [['identity_pool_id', 'identity_id']],
  },
  {
    name: 'deleted_identity_pool',
    shape: 'wide',
    columns: { id: 'key', deleted_at: 'integer', due_at: 'integer' },
    primaryKey: ['id'],
    indexes: [['due_at']],
  },
]

export const identityPools: Migration = {
  name: '0018-identity-pools',
  up: (db, dialect) => createTables(db, dialect, tables),
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'access_role',
    shape: 'wide',
    columns: {
      arn: 'key',
      id: 'key',
      description: 'text',
      trust_policy: 'text',
      policies: 'text',
      max_session_seconds: 'integer',
      session_generation: 'integer',
      created_at: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['arn'],
  },
]

export const roles: Migration = {
  name: '0019-roles',
  up: (db, dialect) => createTables(db, dialect, tables),
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'schema_change',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      id: 'text',
      state: 'text',
      rules: 'text?',
      details: 'text',
      cursor: 'text?',
      barrier: 'text?',
      done: 'integer',
      started_at: 'integer',
      due_at: 'integer?',
    },
    primaryKey: ['pool_id'],
    indexes: [['due_at']],
  },
]

/** The latest change of the schema of each pool. */
export const schemaChanges: Migration = {
  name: '0044-schema-changes',
  up: (db, dialect) => createTables(db, dialect, tables),
}

import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'trigger_invocation',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      sub: 'key',
      id: 'key',
      trigger: 'key',
      outcome: 'key',
      username_key: 'key',
      started_at: 'integer',
      details: 'text',
    },
    primaryKey: ['pool_id', 'sub', 'id'],
    indexes: [['pool_id', 'id'], ['pool_id', 'username_key', 'id'], ['pool_id', 'outcome', 'id'], ['started_at']],
  },
  {
    name: 'trigger_answer',
    shape: 'wide',
    columns: { pool_id: 'key', sub: 'key', client_id: 'key', trigger: 'key', response: 'text', answered_at: 'integer' },
    primaryKey: ['pool_id', 'sub', 'client_id', 'trigger'],
  },
]

export const triggerInvocations: Migration = {
  name: '0009-trigger-invocations',
  up: (db, dialect) => createTables(db, dialect, tables),
}

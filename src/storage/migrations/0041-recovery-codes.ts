import type { Migration } from './migration.ts'
import { createTables } from './table.ts'

export const recoveryCodes: Migration = {
  name: '0041-recovery-codes',
  async up(db, dialect) {
    await createTables(db, dialect, [
      {
        name: 'recovery_code_set',
        shape: 'wide',
        columns: { pool_id: 'key', sub: 'key', hash_key: 'text', hashes: 'text', created_at: 'integer' },
        primaryKey: ['pool_id', 'sub'],
      },
    ])
  },
}

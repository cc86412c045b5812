import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'import_name',
    shape: 'narrow',
    columns: { pool_id: 'key', job_id: 'key', name_hash: 'key' },
    primaryKey: ['pool_id', 'job_id', 'name_hash'],
  },
]

/** Import jobs for files of records: of other systems, and of other installations of this program. */
export const importFormats: Migration = {
  name: '0039-import-formats',
  async up(db, dialect) {
    const addColumn = (name: string, type: typeof dialect.text | typeof dialect.integer | 'text') =>
      db.schema.alterTable('import_job').addColumn(name, type).execute()
    await addColumn('format', dialect.text)
    await addColumn('dry_run', dialect.integer)
    await addColumn('sealed_options', 'text')
    await addColumn('left_out', 'text')
    await createTables(db, dialect, tables)
  },
}

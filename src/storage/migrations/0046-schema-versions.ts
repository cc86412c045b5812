import type { Migration } from './migration.ts'

/** Tells a request whose pool is older than the latest change of the schema. */
export const schemaVersions: Migration = {
  name: '0046-schema-versions',
  async up(db) {
    await db.schema.alterTable('schema_change').addColumn('schema_version', 'text').execute()
  },
}

import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/**
 * Adds to the audit records: columns for all signed operations that write, an index for each filter, and an index of the records that the
 * stream has not delivered yet. Adds an index of signing keys by age.
 */
export const auditOfOperations: Migration = {
  name: '0017-audit-of-operations',
  async up(db, dialect) {
    const add = (column: string, type: unknown) =>
      db.schema
        .alterTable('audit_record')
        .addColumn(column, type as never)
        .execute()
    for (const column of ['subject', 'outcome', 'request_id', 'system_user']) await add(column, dialect.text)
    for (const column of ['changed_members', 'address']) await add(column, 'text')
    await add('streamed_at', dialect.integer)
    await sql`update audit_record set subject = sub where sub is not null`.execute(db)

    for (const columns of [['id'], ['access_key_id', 'id'], ['action', 'id'], ['subject', 'id']]) {
      await db.schema
        .createIndex(`audit_record_${columns.join('_')}`)
        .on('audit_record')
        .columns(columns)
        .execute()
    }
    await sql`create index signing_key_in_use on signing_key (created_at) where retired_at is null`.execute(db)
    await sql`create index audit_record_unstreamed on audit_record (id) where streamed_at is null`.execute(db)
  },
}

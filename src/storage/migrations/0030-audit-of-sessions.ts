import { sql } from 'kysely'
import type { Migration } from './migration.ts'

/** Adds to the audit records which session of a role made the call. Few calls have one, so that the indexes leave out all others. */
export const auditOfSessions: Migration = {
  name: '0030-audit-of-sessions',
  async up(db, dialect) {
    for (const column of ['session_arn', 'session_identity_id']) {
      await db.schema
        .alterTable('audit_record')
        .addColumn(column, dialect.text as never)
        .execute()
      const [name, of] = [sql.ref(`audit_record_${column}`), sql.ref(column)]
      await sql`create index ${name} on audit_record (${of}, id) where ${of} is not null`.execute(db)
    }
  },
}

import { sql } from 'kysely'
import type { Migration } from './migration.ts'
import { createTables, type Table } from './table.ts'

const tables: readonly Table[] = [
  {
    name: 'message_count',
    shape: 'narrow',
    columns: { pool_id: 'key', key: 'key', count: 'integer', window_ends_at: 'integer' },
    primaryKey: ['pool_id', 'key'],
    indexes: [['window_ends_at']],
  },
]

const addedIntegers = ['lease_until', 'last_attempt_at', 'refused', 'ended_at', 'content_until'] as const
const indexes = [['pool_id', 'id'], ['pool_id', 'sub', 'id'], ['pool_id', 'state', 'id'], ['ended_at'], ['content_until']] as const

/**
 * The outbox keeps sent messages for a while. The queued ones have an index of their own, so that the kept ones do not slow down delivery.
 */
export const messageRecords: Migration = {
  name: '0010-message-records',
  async up(db, dialect) {
    await createTables(db, dialect, tables)
    const outbox = () => db.schema.alterTable('outbox')
    // A process of the previous release still inserts rows without this column during an upgrade.
    await outbox()
      .addColumn('state', dialect.text as never, (column) => column.notNull().defaultTo('queued'))
      .execute()
    await outbox().addColumn('label', 'text').execute()
    for (const column of addedIntegers)
      await outbox()
        .addColumn(column, dialect.integer as never)
        .execute()
    await sql`update outbox set state = 'failed', ended_at = created_at where next_attempt_at is null`.execute(db)
    for (const columns of indexes) {
      await db.schema
        .createIndex(`outbox_${columns.join('_')}`)
        .on('outbox')
        .columns([...columns])
        .execute()
    }
    await db.schema
      .createIndex('outbox_queue')
      .on('outbox')
      .columns(['channel', 'next_attempt_at', 'id'])
      .where(sql.ref('next_attempt_at'), 'is not', null)
      .execute()
    for (const replaced of ['outbox_next_attempt_at', 'outbox_pool_id_sub']) await db.schema.dropIndex(replaced).execute()
  },
}

import type { Kysely } from 'kysely'
import type { SchemaDialect } from '../dialect/schema-dialect.ts'
import type { Migration } from './migration.ts'

/** `key` is text compared byte by byte; a question mark allows null. */
type Column = 'key' | 'key?' | 'text' | 'text?' | 'integer' | 'integer?'

type Table = {
  name: string
  /** Narrow: found by a composite key, and short enough to be stored in that key's index. */
  shape: 'narrow' | 'wide'
  columns: Readonly<Record<string, Column>>
  primaryKey: readonly string[]
  indexes?: readonly (readonly string[])[]
}

const tables: readonly Table[] = [
  {
    name: 'user_pool',
    shape: 'wide',
    columns: { id: 'key', name: 'key', created_at: 'integer', updated_at: 'integer', config: 'text' },
    primaryKey: ['id'],
  },
  {
    name: 'app_client',
    shape: 'wide',
    columns: { id: 'key', pool_id: 'key', name: 'key', created_at: 'integer', updated_at: 'integer', config: 'text' },
    primaryKey: ['id'],
    indexes: [['pool_id', 'id']],
  },
  {
    name: 'signing_key',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      kid: 'key',
      use: 'key',
      created_at: 'integer',
      retired_at: 'integer?',
      sealed_private_key: 'text',
      public_jwk: 'text',
    },
    primaryKey: ['pool_id', 'kid'],
  },
  {
    name: 'user',
    shape: 'wide',
    columns: {
      pool_id: 'key',
      sub: 'key',
      username: 'key',
      status: 'key',
      enabled: 'integer',
      attributes: 'text',
      password: 'text?',
      password_expires_at: 'integer?',
      signed_out_at: 'integer?',
      created_at: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['pool_id', 'sub'],
  },
  {
    name: 'user_alias',
    shape: 'narrow',
    columns: { pool_id: 'key', kind: 'key', value_key: 'key', sub: 'key' },
    primaryKey: ['pool_id', 'kind', 'value_key'],
    indexes: [['pool_id', 'sub']],
  },
  {
    name: 'user_attribute',
    shape: 'narrow',
    columns: { pool_id: 'key', name: 'key', value_key: 'key', sub: 'key' },
    primaryKey: ['pool_id', 'name', 'value_key', 'sub'],
    indexes: [['pool_id', 'sub']],
  },
  {
    name: 'password_history',
    shape: 'wide',
    columns: { pool_id: 'key', sub: 'key', set_at: 'integer', password: 'text' },
    primaryKey: ['pool_id', 'sub', 'set_at'],
  },
  {
    name: 'code',
    shape: 'narrow',
    columns: {
      pool_id: 'key',
      sub: 'key',
      purpose: 'key',
      code_hash: 'key',
      attribute: 'key?',
      value: 'key?',
      created_at: 'integer',
      expires_at: 'integer',
    },
    primaryKey: ['pool_id', 'sub', 'purpose'],
    indexes: [['expires_at']],
  },
  {
    name: 'attempt',
    shape: 'narrow',
    columns: {
      pool_id: 'key',
      subject: 'key',
      action: 'key',
      count: 'integer',
      window_started_at: 'integer',
      locked_until: 'integer',
      updated_at: 'integer',
    },
    primaryKey: ['pool_id', 'subject', 'action'],
    indexes: [['updated_at']],
  },
  {
    name: 'session',
    shape: 'narrow',
    columns: {
      pool_id: 'key',
      sub: 'key',
      id: 'key',
      client_id: 'key',
      created_at: 'integer',
      expires_at: 'integer',
      revoked_at: 'integer?',
      generation: 'integer',
      rotated_at: 'integer?',
    },
    primaryKey: ['pool_id', 'sub', 'id'],
    indexes: [['expires_at']],
  },
  {
    name: 'spent_state',
    shape: 'narrow',
    columns: { id: 'key', expires_at: 'integer' },
    primaryKey: ['id'],
    indexes: [['expires_at']],
  },
  {
    name: 'outbox',
    shape: 'wide',
    columns: {
      id: 'key',
      pool_id: 'key',
      sub: 'key',
      channel: 'key',
      trigger: 'key',
      payload: 'text',
      attempts: 'integer',
      next_attempt_at: 'integer?',
      last_error: 'text?',
      created_at: 'integer',
    },
    primaryKey: ['id'],
    indexes: [['next_attempt_at']],
  },
  {
    name: 'inbox_message',
    shape: 'wide',
    columns: { id: 'key', pool_id: 'key', channel: 'key', recipient: 'key', created_at: 'integer', message: 'text' },
    primaryKey: ['id'],
    indexes: [['recipient', 'id']],
  },
  {
    name: 'access_key',
    shape: 'wide',
    columns: {
      id: 'key',
      sealed_secret: 'text',
      session_token_hash: 'key?',
      policy: 'text',
      description: 'text',
      created_at: 'integer',
      expires_at: 'integer?',
    },
    primaryKey: ['id'],
  },
  {
    name: 'lease',
    shape: 'narrow',
    columns: { name: 'key', holder: 'key', expires_at: 'integer' },
    primaryKey: ['name'],
  },
  {
    name: 'installation',
    shape: 'narrow',
    columns: { name: 'key', value: 'text' },
    primaryKey: ['name'],
  },
]

export const foundation: Migration = {
  name: '0001-foundation',
  async up(db, dialect) {
    for (const table of tables) await createTable(db, dialect, table)
  },
}

async function createTable(db: Kysely<never>, dialect: SchemaDialect, table: Table): Promise<void> {
  const { name, shape, columns, primaryKey, indexes = [] } = table
  let creation = db.schema.createTable(name)
  for (const [column, kind] of Object.entries(columns)) {
    creation = creation.addColumn(column, typeOf(dialect, kind), (built) => (kind.endsWith('?') ? built : built.notNull()))
  }
  await creation
    .addPrimaryKeyConstraint(`${name}_pkey`, [...primaryKey] as never[])
    .modifyEnd(shape === 'narrow' ? dialect.narrowTable : dialect.wideTable)
    .execute()
  for (const index of indexes) {
    await db.schema
      .createIndex(`${name}_${index.join('_')}`)
      .on(name)
      .columns([...index])
      .execute()
  }
}

function typeOf({ text, integer }: SchemaDialect, kind: Column): 'text' | typeof text {
  switch (kind) {
    case 'key':
    case 'key?':
      return text as never
    case 'integer':
    case 'integer?':
      return integer as never
    case 'text':
    case 'text?':
      return 'text'
  }
}

import type { Kysely } from 'kysely'
import type { SchemaDialect } from '../dialect/schema-dialect.ts'

/** `key` is text that is compared byte by byte. A question mark allows null. */
type Column = 'key' | 'key?' | 'text' | 'text?' | 'integer' | 'integer?'

/** One table of a migration, in terms that are translated for each engine. */
export type Table = {
  name: string
  /** Narrow: rows are found by a composite key, and are short enough to be stored in that key's index. */
  shape: 'narrow' | 'wide'
  columns: Readonly<Record<string, Column>>
  primaryKey: readonly string[]
  indexes?: readonly (readonly string[])[]
}

/** Creates the tables and their indexes, in the order of the list. */
export async function createTables(db: Kysely<never>, dialect: SchemaDialect, tables: readonly Table[]): Promise<void> {
  for (const table of tables) await createTable(db, dialect, table)
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

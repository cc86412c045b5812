import type { Kysely } from 'kysely'
import type { SchemaDialect } from '../dialect/schema-dialect.ts'

/** One step of the schema. It is never edited after its release; a later migration corrects a mistake. */
export type Migration = {
  readonly name: string
  up(db: Kysely<never>, dialect: SchemaDialect): Promise<void>
}

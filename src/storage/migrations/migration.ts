import type { Kysely } from 'kysely'
import type { SchemaDialect } from '../dialect/schema-dialect.ts'

/** One step of the schema. Once released it is never edited; a mistake is mended by the next one. */
export type Migration = {
  readonly name: string
  up(db: Kysely<never>, dialect: SchemaDialect): Promise<void>
}

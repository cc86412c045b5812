import type { Kysely } from 'kysely'
import type { SchemaDialect } from '../dialect/schema-dialect.ts'

/** One step of the schema. It is never edited after its release; a later migration corrects a mistake. */
export type Migration = {
  readonly name: string
  /**
   * A table that is locked before any migration of the run begins. Requests of the release before lock this table first and others later. If
   * the run held one of those others by then, a request and the run could wait for each other.
   */
  readonly locksFirst?: string
  up(db: Kysely<never>, dialect: SchemaDialect): Promise<void>
}

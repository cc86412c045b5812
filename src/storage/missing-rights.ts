import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely'
import type { Db } from './db.ts'
import type { Engine } from './dialect/backend.ts'
import { schemaDialects } from './dialect/schema-dialect.ts'
import type { Migration } from './migrations/migration.ts'
import { migrations } from './migrations/migrations.ts'

/** What keeps Lifeguard's user of a PostgreSQL database from reading, writing and migrating. */
export type MissingRights = {
  /** Why the PostgreSQL server refuses all writes. Undefined when it accepts writes. */
  readonly writesRefused: 'standby' | 'read-only' | undefined
  /** The schema in which missing migrations would create tables, but the user may not. Undefined when there is no such problem. */
  readonly createIn: string | undefined
  /** The tables that the user may not read and change. */
  readonly tables: readonly string[]
  /** The tables that missing migrations change, and that belong to another user. */
  readonly foreignTables: readonly string[]
}

/** Only reads. Undefined on SQLite, which has no users. `missing` names the migrations that the user is going to run. */
export async function findMissingRights(db: Db, engine: Engine, missing: readonly string[]): Promise<MissingRights | undefined> {
  if (engine === 'sqlite') return undefined
  const all = await namesIn(migrations)
  const { changed } = await namesIn(migrations.filter(({ name }) => missing.includes(name)))
  const { rows } = await sql<{ name: string; usable: boolean; owned: boolean }>`
    select c.relname as name, pg_has_role(c.relowner, 'USAGE') as owned, ${hasPrivileges('select insert update delete')} as usable
    from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
      and c.relname in (${sql.join([...all.created, 'schema_migration'])})
    order by 1`.execute(db)
  const namesWhere = (isWanted: (row: (typeof rows)[number]) => boolean) => rows.filter(isWanted).map(({ name }) => name)
  const server = await findServerState(db)
  return {
    writesRefused: server.isStandby ? 'standby' : server.isReadOnly ? 'read-only' : undefined,
    createIn: missing.length > 0 && !server.mayCreate ? server.schema : undefined,
    tables: namesWhere(({ usable }) => !usable),
    foreignTables: namesWhere(({ name, owned }) => !owned && changed.has(name)),
  }
}

/** Whether the user has all the privileges. One call with several names would be true when the user has any of them. */
const hasPrivileges = (names: string) =>
  sql.join(
    names.split(' ').map((name) => sql`has_table_privilege(c.oid, ${sql.lit(name)})`),
    sql` and `,
  )

async function findServerState(db: Db) {
  const { rows } = await sql<{ isStandby: boolean; isReadOnly: boolean; schema: string; mayCreate: boolean }>`
    select pg_is_in_recovery() as "isStandby", current_setting('transaction_read_only') = 'on' as "isReadOnly",
      coalesce(current_schema()::text, 'public') as schema,
      coalesce(has_schema_privilege(current_schema(), 'create'), false) as "mayCreate"`.execute(db)
  const [state] = rows
  if (state === undefined) throw new Error('A select without a table has one row.')
  return state
}

/** The tables that migrations create, and those whose definition they change. Runs the migrations without a database. */
async function namesIn(some: readonly Migration[]): Promise<{ created: ReadonlySet<string>; changed: ReadonlySet<string> }> {
  const statements: string[] = []
  const recorder = new Kysely<never>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    log: ({ query }) => void statements.push(query.sql.trim()),
  })
  for (const { up } of some) await up(recorder, schemaDialects.postgres)
  const named = (pattern: RegExp) => new Set(statements.flatMap((statement) => pattern.exec(statement)?.[1] ?? []))
  return {
    created: named(/^create table "?(\w+)/i),
    changed: named(/^(?:alter table|create (?:unique )?index \S+ on) "?(\w+)/i),
  }
}

import type { Schema } from '../storage/schema.ts'

type Column<Table extends keyof Schema> = keyof Schema[Table] & string

/** How a backup deals with a table. */
type CopiedTable<Table extends keyof Schema = keyof Schema> = {
  /** The primary key. */
  readonly key: readonly Column<Table>[]
  /** The column with the id of the user pool that a row belongs to. Without it, the table is in no backup of one pool. */
  readonly poolColumn?: Column<Table>
  /** Whether a row can have hundreds of kilobytes. Then fewer rows are read at a time. */
  readonly areLarge?: true
  /** Whether a backup has no rows of the table: they say something about running processes, or about the installation itself. */
  readonly isLeftOut?: true
}

/**
 * Every table, in the order in which a backup has them. The type demands that a new table is added here. A table stands after the tables
 * that its rows belong to.
 */
export const copiedTables: { readonly [Table in keyof Schema]: CopiedTable<Table> } = {
  user_pool: { key: ['id'], poolColumn: 'id', areLarge: true },
  deleted_pool: { key: ['id'], poolColumn: 'id', areLarge: true },
  app_client: { key: ['id'], poolColumn: 'pool_id' },
  pool_resource: { key: ['pool_id', 'kind', 'id'], poolColumn: 'pool_id', areLarge: true },
  schema_change: { key: ['pool_id'], poolColumn: 'pool_id' },
  pool_domain: { key: ['domain'], poolColumn: 'pool_id' },
  signing_key: { key: ['pool_id', 'kid'], poolColumn: 'pool_id' },
  user: { key: ['pool_id', 'sub'], poolColumn: 'pool_id' },
  user_alias: { key: ['pool_id', 'kind', 'value_key'], poolColumn: 'pool_id' },
  user_attribute: { key: ['pool_id', 'name', 'value_key', 'sub'], poolColumn: 'pool_id' },
  user_group: { key: ['pool_id', 'name'], poolColumn: 'pool_id' },
  group_member: { key: ['pool_id', 'sub', 'group_name'], poolColumn: 'pool_id' },
  password_history: { key: ['pool_id', 'sub', 'set_at'], poolColumn: 'pool_id' },
  software_token: { key: ['pool_id', 'sub'], poolColumn: 'pool_id' },
  recovery_code_set: { key: ['pool_id', 'sub'], poolColumn: 'pool_id' },
  passkey: { key: ['pool_id', 'sub', 'id'], poolColumn: 'pool_id' },
  device: { key: ['pool_id', 'sub', 'device_key'], poolColumn: 'pool_id' },
  device_step: { key: ['pool_id', 'sub', 'client_id', 'device_key'], poolColumn: 'pool_id' },
  code: { key: ['pool_id', 'sub', 'purpose'], poolColumn: 'pool_id' },
  attempt: { key: ['pool_id', 'subject', 'action'], poolColumn: 'pool_id' },
  session: { key: ['pool_id', 'sub', 'id'], poolColumn: 'pool_id' },
  session_client: { key: ['pool_id', 'sub', 'sid', 'client_id'], poolColumn: 'pool_id' },
  auth_event: { key: ['pool_id', 'sub', 'id'], poolColumn: 'pool_id' },
  risk_counter: { key: ['pool_id', 'level', 'value'], poolColumn: 'pool_id' },
  stuffing_network: { key: ['pool_id', 'network'], poolColumn: 'pool_id' },
  authorization_code: { key: ['pool_id', 'id'], poolColumn: 'pool_id' },
  sign_in_link: { key: ['pool_id', 'sub'], poolColumn: 'pool_id' },
  former_user: { key: ['pool_id', 'sub'], poolColumn: 'pool_id' },
  former_member: { key: ['pool_id', 'group_name', 'sub'], poolColumn: 'pool_id' },
  email_change: { key: ['pool_id', 'sub', 'position'], poolColumn: 'pool_id' },
  pushed_request: { key: ['pool_id', 'id'], poolColumn: 'pool_id' },
  device_authorization: { key: ['pool_id', 'id'], poolColumn: 'pool_id' },
  initial_access_token: { key: ['pool_id', 'id'], poolColumn: 'pool_id' },
  provider_sign_in: { key: ['pool_id', 'id'], poolColumn: 'pool_id' },
  trigger_invocation: { key: ['pool_id', 'sub', 'id'], poolColumn: 'pool_id', areLarge: true },
  trigger_answer: { key: ['pool_id', 'sub', 'client_id', 'trigger'], poolColumn: 'pool_id', areLarge: true },
  audit_record: { key: ['pool_id', 'id'], poolColumn: 'pool_id' },
  log_record: { key: ['pool_id', 'sink', 'id'], poolColumn: 'pool_id' },
  import_job: { key: ['pool_id', 'id'], poolColumn: 'pool_id' },
  import_chunk: { key: ['pool_id', 'job_id', 'upload_id', 'number'], poolColumn: 'pool_id', areLarge: true },
  import_log: { key: ['pool_id', 'job_id', 'number'], poolColumn: 'pool_id', areLarge: true },
  import_name: { key: ['pool_id', 'job_id', 'name_hash'], poolColumn: 'pool_id' },
  active_import: { key: ['slot'], poolColumn: 'pool_id' },
  outbox: { key: ['id'], poolColumn: 'pool_id' },
  hidden_sign_up: { key: ['pool_id', 'name_hash'], poolColumn: 'pool_id' },
  message_count: { key: ['pool_id', 'key'], poolColumn: 'pool_id' },
  inbox_message: { key: ['id'], poolColumn: 'pool_id' },
  deleted_group: { key: ['pool_id', 'member_key'], poolColumn: 'pool_id' },
  deleted_user: { key: ['pool_id', 'sub'], poolColumn: 'pool_id' },
  kept_user: { key: ['pool_id', 'sub'], poolColumn: 'pool_id', areLarge: true },
  spent_state: { key: ['id'] },
  access_key: { key: ['id'] },
  access_role: { key: ['arn'], areLarge: true },
  // The files of these jobs belong to the installation that made them. A restored one must not delete them.
  backup_job: { key: ['id'], isLeftOut: true },
  provisioned_limit: { key: ['category'] },
  identity_pool: { key: ['id'], areLarge: true },
  identity: { key: ['id'] },
  identity_login: { key: ['identity_pool_id', 'provider', 'subject_key'] },
  deleted_identity_pool: { key: ['id'] },
  // A restored lease or heartbeat would belong to a process that does not run.
  lease: { key: ['name'], isLeftOut: true },
  node_heartbeat: { key: ['node'], isLeftOut: true },
  // These values depend on the master key. What has to outlive the installation is among the keys of the backup.
  installation: { key: ['name'], isLeftOut: true },
}

/** A table of `copiedTables`, in a form for code that works on all tables. */
export type TableToCopy = {
  readonly table: keyof Schema
  readonly key: readonly string[]
  readonly poolColumn: string | undefined
  readonly areLarge: boolean
}

/** The tables that a backup of everything has, in its order. */
export const tablesOfEverything: readonly TableToCopy[] = Object.entries(copiedTables as Readonly<Record<string, CopiedTable>>).flatMap(
  ([table, { key, poolColumn, areLarge = false, isLeftOut }]) =>
    isLeftOut ? [] : [{ table: table as keyof Schema, key, poolColumn, areLarge }],
)

/** The tables that a backup of one pool has, in its order. */
export const tablesOfPool: readonly TableToCopy[] = tablesOfEverything.filter(({ poolColumn }) => poolColumn !== undefined)

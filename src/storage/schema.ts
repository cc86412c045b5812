import type { Generated } from 'kysely'
import type { AuditRecordTable } from './audit-tables.ts'
import type { DeletedGroupTable, DeletedPoolTable, DeletedUserTable } from './deletion-tables.ts'
import type { ActiveImportTable, ImportChunkTable, ImportJobTable, ImportLogTable } from './import-tables.ts'
import type { TriggerAnswerTable, TriggerInvocationTable } from './trigger-tables.ts'
import type {
  AttemptTable,
  AuthEventTable,
  CodeTable,
  DeviceStepTable,
  DeviceTable,
  GroupMemberTable,
  PasskeyTable,
  PasswordHistoryTable,
  SessionTable,
  SoftwareTokenTable,
  UserAliasTable,
  UserAttributeTable,
  UserGroupTable,
  UserTable,
} from './user-tables.ts'

/**
 * Every table, as Kysely sees it. Times are integer epoch milliseconds, booleans are 0 or 1, wide shapes are JSON text,
 * so that a row looks the same on both engines. Every row of a user carries `sub`, and every unique key of such a row
 * contains `sub` or the alias value: the columns the data could be distributed by.
 */
export interface Schema {
  user_pool: UserPoolTable
  app_client: AppClientTable
  pool_resource: PoolResourceTable
  pool_domain: PoolDomainTable
  signing_key: SigningKeyTable
  user: UserTable
  user_alias: UserAliasTable
  user_attribute: UserAttributeTable
  user_group: UserGroupTable
  group_member: GroupMemberTable
  password_history: PasswordHistoryTable
  software_token: SoftwareTokenTable
  passkey: PasskeyTable
  device: DeviceTable
  device_step: DeviceStepTable
  code: CodeTable
  attempt: AttemptTable
  session: SessionTable
  auth_event: AuthEventTable
  trigger_invocation: TriggerInvocationTable
  audit_record: AuditRecordTable
  trigger_answer: TriggerAnswerTable
  import_job: ImportJobTable
  import_chunk: ImportChunkTable
  import_log: ImportLogTable
  active_import: ActiveImportTable
  spent_state: SpentStateTable
  outbox: OutboxTable
  message_count: MessageCountTable
  inbox_message: InboxMessageTable
  access_key: AccessKeyTable
  provisioned_limit: ProvisionedLimitTable
  deleted_pool: DeletedPoolTable
  deleted_group: DeletedGroupTable
  deleted_user: DeletedUserTable
  lease: LeaseTable
  installation: InstallationTable
  node_heartbeat: NodeHeartbeatTable
}

/** Primary key: id. Index: (likeness_due_at). */
export interface UserPoolTable {
  id: string
  name: string
  created_at: number
  updated_at: number
  /** JSON: the rest of the pool's configuration. */
  config: string
  /** JSON: what its users have in common; null while they are too few. */
  likeness: Generated<string | null>
  /** When to look at its users next. */
  likeness_due_at: Generated<number>
}

/** Primary key: id. Index: (pool_id, id). */
export interface AppClientTable {
  id: string
  pool_id: string
  name: string
  created_at: number
  updated_at: number
  /** JSON; client secrets inside it are sealed. */
  config: string
}

/** Primary key: (pool_id, kind, id). Whatever else configures a pool and has a name of its own there, such as a resource server. */
export interface PoolResourceTable {
  pool_id: string
  kind: string
  id: string
  created_at: number
  updated_at: number
  /** JSON; secrets inside it are sealed. */
  config: string
}

/** Primary key: domain, because a domain leads to one pool. Index: (pool_id). */
export interface PoolDomainTable {
  domain: string
  pool_id: string
  created_at: number
  updated_at: number
  /** JSON. */
  config: string
}

/** Primary key: (pool_id, kid). */
export interface SigningKeyTable {
  pool_id: string
  kid: string
  use: 'access' | 'id'
  created_at: number
  /** Null while it signs; after rotation the moment it stopped. It stays published until the sweeper removes it. */
  retired_at: number | null
  /** PKCS #8 DER, sealed. */
  sealed_private_key: string
  /** JSON Web Key with kid, alg and use. */
  public_jwk: string
}

/** Primary key: id. Index: (expires_at). Sealed states (Session, SECRET_BLOCK) that were used up. */
export interface SpentStateTable {
  id: string
  expires_at: number
}

/**
 * Primary key: id. Indexes: (pool_id, sub, id), (pool_id, id), (pool_id, state, id), (ended_at), (content_until), and over what is queued only
 * (channel, next_attempt_at, id). Messages to deliver after the commit that caused them, and for a while what became of them.
 */
export interface OutboxTable {
  id: string
  pool_id: string
  sub: string
  channel: 'email' | 'sms' | 'custom-email' | 'custom-sms'
  /** What the message is for, such as `sign-up` or `forgot-password`. */
  trigger: string
  /** Sealed JSON of the rendered message; empty once nobody needs it any more. */
  payload: string
  /** Sealed JSON of what is told of the message for as long as the row is there. Null in rows of earlier releases. */
  label: string | null
  state: 'queued' | 'sent' | 'failed' | 'suppressed'
  attempts: number
  /** Doubles as the lease of the process that delivers it. Null unless queued. */
  next_attempt_at: number | null
  /** The end of the latest lease: while it equals `next_attempt_at`, somebody is delivering the message. */
  lease_until: number | null
  last_attempt_at: number | null
  last_error: string | null
  /** 1 when the far end refused the message at the last attempt. */
  refused: number | null
  created_at: number
  /** Null while queued. */
  ended_at: number | null
  /** When the payload of a message that is not queued is to be emptied; null once it is empty. */
  content_until: number | null
}

/** Primary key: (pool_id, key). Index: (window_ends_at). How many messages a pool has sent, or has sent to one recipient. */
export interface MessageCountTable {
  pool_id: string
  /** `day`, or a keyed hash of the recipient. */
  key: string
  count: number
  window_ends_at: number
}

/** Primary key: id. Index: (recipient, id). What the dev inbox shows; empty in production. */
export interface InboxMessageTable {
  id: string
  pool_id: string
  channel: 'email' | 'sms'
  recipient: string
  created_at: number
  /** JSON of the whole message. */
  message: string
}

/** Primary key: id. Credentials that sign requests to the IAM operations. */
export interface AccessKeyTable {
  id: string
  sealed_secret: string
  /** Keyed hash of the session token that must come along; null for a long-lived key. */
  session_token_hash: string | null
  /** JSON policy document. */
  policy: string
  description: string
  created_at: number
  expires_at: number | null
}

/** Primary key: name. */
export interface LeaseTable {
  name: string
  holder: string
  expires_at: number
}

/** Primary key: category. Request rates that an administrator asked for in place of the defaults. */
export interface ProvisionedLimitTable {
  category: string
  requests_per_second: number
  updated_at: number
}

/** Primary key: name. Facts of this installation, such as the proof that the master key is the right one. */
export interface InstallationTable {
  name: string
  value: string
}

/** Primary key: node. Index: (at). When each process last proved that it can write; `node` is a name it made up at its start. */
export interface NodeHeartbeatTable {
  node: string
  at: number
}

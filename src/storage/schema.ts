import type { BackupJobTable } from './backup-tables.ts'
import type { FormerMemberTable, FormerUserTable } from './former-tables.ts'
import type { DeletedIdentityPoolTable, IdentityLoginTable, IdentityPoolTable, IdentityTable } from './identity-pool-tables.ts'
import type { ActiveImportTable, ImportChunkTable, ImportJobTable, ImportLogTable, ImportNameTable } from './import-tables.ts'
import type { EmailChangeTable, HiddenSignUpTable, InboxMessageTable, MessageCountTable, OutboxTable } from './message-tables.ts'
import type { AuthorizationCodeTable, DeviceAuthorizationTable, SessionClientTable, SignInLinkTable } from './oauth-tables.ts'
import type {
  AppClientTable,
  DeletedPoolTable,
  InitialAccessTokenTable,
  PoolDomainTable,
  PoolResourceTable,
  ProviderSignInTable,
  ProvisionedLimitTable,
  PushedRequestTable,
  RiskCounterTable,
  SchemaChangeTable,
  SigningKeyTable,
  StuffingNetworkTable,
  UserPoolTable,
} from './pool-tables.ts'
import type { AuditRecordTable, LogRecordTable, TriggerAnswerTable, TriggerInvocationTable } from './record-tables.ts'
import type {
  AttemptTable,
  AuthEventTable,
  CodeTable,
  DeletedGroupTable,
  DeletedUserTable,
  DeviceStepTable,
  DeviceTable,
  GroupMemberTable,
  KeptUserTable,
  PasskeyTable,
  PasswordHistoryTable,
  RecoveryCodeSetTable,
  SessionTable,
  SoftwareTokenTable,
  UserAliasTable,
  UserAttributeTable,
  UserGroupTable,
  UserTable,
} from './user-tables.ts'

/**
 * Every table, as Kysely sees it. Times are integer epoch milliseconds, booleans are 0 or 1, and nested values are JSON text, so that a row
 * looks the same on both engines. Every row about a user has a column `sub` (`subject` in `attempt`). Every unique key of such a row
 * contains this column or the alias value: the data could be sharded by these columns.
 */
export interface Schema {
  user_pool: UserPoolTable
  app_client: AppClientTable
  pool_resource: PoolResourceTable
  schema_change: SchemaChangeTable
  pool_domain: PoolDomainTable
  signing_key: SigningKeyTable
  stuffing_network: StuffingNetworkTable
  user: UserTable
  user_alias: UserAliasTable
  user_attribute: UserAttributeTable
  user_group: UserGroupTable
  group_member: GroupMemberTable
  password_history: PasswordHistoryTable
  software_token: SoftwareTokenTable
  recovery_code_set: RecoveryCodeSetTable
  passkey: PasskeyTable
  device: DeviceTable
  device_step: DeviceStepTable
  code: CodeTable
  attempt: AttemptTable
  session: SessionTable
  session_client: SessionClientTable
  auth_event: AuthEventTable
  risk_counter: RiskCounterTable
  authorization_code: AuthorizationCodeTable
  sign_in_link: SignInLinkTable
  email_change: EmailChangeTable
  pushed_request: PushedRequestTable
  device_authorization: DeviceAuthorizationTable
  initial_access_token: InitialAccessTokenTable
  provider_sign_in: ProviderSignInTable
  trigger_invocation: TriggerInvocationTable
  audit_record: AuditRecordTable
  log_record: LogRecordTable
  trigger_answer: TriggerAnswerTable
  import_job: ImportJobTable
  import_chunk: ImportChunkTable
  import_log: ImportLogTable
  import_name: ImportNameTable
  active_import: ActiveImportTable
  spent_state: SpentStateTable
  outbox: OutboxTable
  message_count: MessageCountTable
  hidden_sign_up: HiddenSignUpTable
  inbox_message: InboxMessageTable
  access_key: AccessKeyTable
  backup_job: BackupJobTable
  access_role: AccessRoleTable
  provisioned_limit: ProvisionedLimitTable
  deleted_pool: DeletedPoolTable
  deleted_group: DeletedGroupTable
  deleted_user: DeletedUserTable
  kept_user: KeptUserTable
  former_user: FormerUserTable
  former_member: FormerMemberTable
  identity_pool: IdentityPoolTable
  identity: IdentityTable
  identity_login: IdentityLoginTable
  deleted_identity_pool: DeletedIdentityPoolTable
  lease: LeaseTable
  installation: InstallationTable
  node_heartbeat: NodeHeartbeatTable
}

/** Primary key: id. Index: (expires_at). Sealed states (Session, SECRET_BLOCK) that were consumed. */
export interface SpentStateTable {
  id: string
  expires_at: number
}

/** Primary key: id. Credentials that sign requests to the IAM operations. */
export interface AccessKeyTable {
  id: string
  sealed_secret: string
  /** Keyed hash of the session token that requests must also carry; null for a long-lived key. */
  session_token_hash: string | null
  /** JSON policy document. */
  policy: string
  description: string
  created_at: number
  expires_at: number | null
}

/** Primary key: arn. Roles, whose temporary credentials sign requests to this server and to services that ask it. */
export interface AccessRoleTable {
  arn: string
  /** `AROA…`: a new one when a role is deleted and created again. */
  id: string
  description: string
  /** JSON policy document: who may assume the role. */
  trust_policy: string
  /** JSON: the permission policies by name, each of them a JSON policy document. */
  policies: string
  max_session_seconds: number
  /** How often the sessions of the role were revoked. */
  session_generation: number
  created_at: number
  updated_at: number
}

/** Primary key: name. */
export interface LeaseTable {
  name: string
  holder: string
  expires_at: number
}

/** Primary key: name. Values of this installation, such as the proof of the current master key. */
export interface InstallationTable {
  name: string
  value: string
}

/**
 * Primary key: node. Index: (at). When each process last showed that it can write. `node` is a random name that the process chose at its
 * start.
 */
export interface NodeHeartbeatTable {
  node: string
  at: number
}

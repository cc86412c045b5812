import { brandingByClient } from '../../pools/managed-login-branding/branding.ts'
import { riskConfigurations } from '../../pools/risk/risk-configuration.ts'
import { termsByName } from '../../pools/terms/terms.ts'
import { uiCustomizations } from '../../pools/ui-customization/ui-customization.ts'
import type { Schema } from '../../storage/schema.ts'
import type { BackupRow } from '../backup-rows.ts'

/** The ids that change when a pool is restored under another id. */
export type NewIds = {
  readonly poolId: string
  /** The new id of an app client; the id itself if it stays. */
  clientId(id: string): string
}

/** Makes the row of the new pool. The pool's id has been replaced already, in `pool_id`. */
type Change = (row: BackupRow, ids: NewIds) => BackupRow

/**
 * Why rows of a table are not restored under another pool id.
 * - `tokens`: they belong to sessions, codes, links and messages that name the old pool, or are keyed hashes or seals for it.
 * - `records`: they tell what happened in the old pool, or are work of the old pool that must not be done twice.
 */
type LeftOut = 'tokens' | 'records'

const same: Change = (row) => row

/**
 * What becomes of the rows of each table when a pool is restored under another id. The type demands that a new table is added here. Tables
 * without a column for the pool are not part of a pool.
 */
const changes: { readonly [Table in PoolTable]: Change | LeftOut } = {
  user_pool: (row, ids) => ({ ...changeJson(row, 'config', (config) => changePoolConfig(config, ids)), id: ids.poolId }),
  app_client: changeClient,
  pool_resource: changeResource,
  // The rows of users are as an unfinished change has left them, and a server finishes it.
  schema_change: (row, ids) => changeJson(row, 'details', (details) => changeClientsOfSchema(details, ids)),
  pool_domain: same,
  // A new pool gets keys of its own when they are first used. A token that the old pool signs must not pass for one of the new pool.
  signing_key: 'tokens',
  user: same,
  user_alias: same,
  user_attribute: same,
  user_group: same,
  group_member: same,
  password_history: same,
  software_token: same,
  recovery_code_set: same,
  passkey: same,
  // The passwords of devices are bound to the device group key, which depends on the pool.
  device: 'tokens',
  device_step: 'tokens',
  code: 'tokens',
  attempt: same,
  session: 'tokens',
  session_client: 'tokens',
  auth_event: (row, ids) => changeJson(row, 'details', (details) => changeClientId(details, ids)),
  risk_counter: same,
  // The sketches are hashed for the old pool, and count what happened in the last hour.
  stuffing_network: 'records',
  authorization_code: 'tokens',
  sign_in_link: 'tokens',
  email_change: 'tokens',
  pushed_request: 'tokens',
  device_authorization: 'tokens',
  initial_access_token: 'tokens',
  provider_sign_in: 'tokens',
  trigger_invocation: 'records',
  trigger_answer: 'records',
  audit_record: 'records',
  log_record: 'records',
  import_job: 'records',
  import_chunk: 'records',
  import_log: 'records',
  active_import: 'records',
  outbox: 'tokens',
  message_count: 'records',
  hidden_sign_up: 'tokens',
  inbox_message: 'records',
  import_name: 'records',
  deleted_group: same,
  deleted_user: same,
  // What a deleted user had is bound to the old pool, such as a verifier of SRP and devices.
  kept_user: 'records',
  former_user: same,
  former_member: same,
}

type PoolTable = 'user_pool' | { [Table in keyof Schema]: 'pool_id' extends keyof Schema[Table] ? Table : never }[keyof Schema]

/** Whether rows of the table are left out when a pool is restored under another id. */
export function isLeftOut(table: keyof Schema): boolean {
  return typeof changes[table as PoolTable] === 'string'
}

/** The row as one of the pool with the new id. */
export function underNewId(table: keyof Schema, row: BackupRow, ids: NewIds): BackupRow {
  const change = changes[table as PoolTable]
  if (typeof change !== 'function') throw new Error(`Rows of the table ${table} are left out.`)
  return change('pool_id' in row ? { ...row, pool_id: ids.poolId } : row, ids)
}

type Json = Record<string, unknown>

function changeJson(row: BackupRow, column: string, change: (content: Json) => Json): BackupRow {
  const text = row[column]
  return typeof text === 'string' ? { ...row, [column]: JSON.stringify(change(JSON.parse(text) as Json)) } : row
}

const changeClientId = (content: Json, ids: NewIds): Json =>
  typeof content['clientId'] === 'string' ? { ...content, clientId: ids.clientId(content['clientId']) } : content

/** The only ids in the settings of a pool are those of the clients that may have a wildcard in a callback URL. */
function changePoolConfig(config: Json, ids: NewIds): Json {
  const { extensions } = config as { extensions?: { oauth?: { nonProductionClientIds?: readonly string[] } } }
  const clientIds = extensions?.oauth?.nonProductionClientIds
  if (clientIds === undefined) return config
  return { ...config, extensions: { ...extensions, oauth: { ...extensions?.oauth, nonProductionClientIds: clientIds.map(ids.clientId) } } }
}

/** The clients that an undo gives a removed attribute back. */
function changeClientsOfSchema(details: Json, ids: NewIds): Json {
  const { removedFrom = [] } = details as { removedFrom?: readonly { readonly client?: string }[] }
  return {
    ...details,
    removedFrom: removedFrom.map((place) => (place.client === undefined ? place : { ...place, client: ids.clientId(place.client) })),
  }
}

/** The id of a secret begins with the id of its client. */
function changeClient(row: BackupRow, ids: NewIds): BackupRow {
  const [oldId, newId] = [String(row['id']), ids.clientId(String(row['id']))]
  const rename = (id: string) => (id.startsWith(`${oldId}--`) ? newId + id.slice(oldId.length) : id)
  return changeJson({ ...row, id: newId }, 'config', (config) => {
    const { secrets } = config as { secrets?: readonly { readonly id: string }[] }
    return secrets === undefined ? config : { ...config, secrets: secrets.map((secret) => ({ ...secret, id: rename(secret.id) })) }
  })
}

/**
 * Resources of a client have its id as their id, or at the beginning of it before a slash; `ALL` stands for all clients. The settings of some
 * resources have the id of a client.
 */
function changeResource(row: BackupRow, ids: NewIds): BackupRow {
  const changed = changeJson(row, 'config', (config) => changeClientId(config, ids))
  if (!kindsOfClients.has(String(row['kind']))) return changed
  const [clientId = '', ...rest] = String(row['id']).split('/')
  return { ...changed, id: [ids.clientId(clientId), ...rest].join('/') }
}

/** The kinds of resources whose id has that of a client; see `deleteClientResources`. */
const kindsOfClients: ReadonlySet<string> = new Set([
  riskConfigurations.name,
  uiCustomizations.name,
  brandingByClient.name,
  termsByName.name,
])

import type { Db } from '../../src/storage/db.ts'

/** The number of entries of each list. */
export const depth = 4000

const pad = (at: number) => String(at).padStart(6, '0')
export const idOf = (at: number) => `id-${pad(at)}`
export const poolIdOf = (at: number) => `us-east-1_${pad(at)}`
export const poolId = poolIdOf(0)

type Values = Record<string, string | number | null>

/** For each list: its table, the values that all its rows share, and the values of row `at`. Other columns get a value of their type. */
const lists: readonly (readonly [table: string, same: Values, differing: (at: number) => Values])[] = [
  ['user_pool', { config: '{}', likeness: null }, (at) => ({ id: poolIdOf(at) })],
  ['deleted_pool', { config: '{}', likeness: null }, (at) => ({ id: poolIdOf(at) })],
  ['kept_user', { name_key: 'ana', rows: '{"user":[{"attributes":"{}","mfa":null}]}' }, (at) => ({ sub: idOf(at) })],
  ['app_client', { registration: null }, (at) => ({ id: idOf(at) })],
  ...['resource-server', 'identity-provider', 'terms'].map(
    (kind) => ['pool_resource', { kind, config: '{}' }, (at: number) => ({ id: idOf(at) })] as const,
  ),
  ['initial_access_token', {}, (at) => ({ id: idOf(at) })],
  ['user', { attributes: '{}', mfa: null }, (at) => ({ sub: idOf(at) })],
  ['user_attribute', { name: 'status', value_key: 'Enabled' }, (at) => ({ sub: idOf(at) })],
  ['user_attribute', { name: 'email' }, (at) => ({ sub: idOf(at), value_key: idOf(at) })],
  ['user_group', { member_key: null }, (at) => ({ name: idOf(at) })],
  ['group_member', { group_name: 'everyone' }, (at) => ({ sub: idOf(at) })],
  ['group_member', { sub: 'ana' }, (at) => ({ group_name: idOf(at) })],
  ['auth_event', { sub: 'ana', details: '{}', feedback: null }, (at) => ({ id: idOf(at) })],
  ['stuffing_network', { counts: '{}' }, (at) => ({ network: idOf(at) })],
  ['device', { sub: 'ana' }, (at) => ({ device_key: idOf(at) })],
  ['import_job', { header: null, left_out: null }, (at) => ({ id: idOf(at) })],
  ['import_log', { job_id: 'job' }, (at) => ({ number: at })],
  ['audit_record', { access_key_id: 'AKIA', action: 'AdminDeleteUser', subject: 'ana', changed_members: null }, (at) => ({ id: idOf(at) })],
  ['outbox', { sub: 'ana', state: 'sent', next_attempt_at: null }, (at) => ({ id: idOf(at) })],
  ['identity_pool', { config: '{}', roles: null, tag_maps: null }, (at) => ({ id: idOf(at) })],
  ['identity', { identity_pool_id: poolId, disabled_at: null }, (at) => ({ id: idOf(at) })],
  ['backup_job', { status: 'SUCCEEDED' }, (at) => ({ id: idOf(at) })],
  ['access_role', { policies: '{}' }, (at) => ({ arn: idOf(at) })],
  ['trigger_invocation', { sub: 'ana', trigger: 'PreSignUp', outcome: 'FAILED', username_key: 'ana' }, (at) => ({ id: idOf(at) })],
]

/** Fills every list with `depth` entries, all of one pool. */
export async function fillLists(db: Db): Promise<void> {
  const tables = new Map((await db.introspection.getTables()).map(({ name, columns }) => [name, columns]))
  for (const [table, same, differing] of lists) {
    const columns = (tables.get(table) ?? []).map(({ name, dataType }) => [name, /int/i.test(dataType) ? 1 : 'x'] as const)
    const base: Values = {
      ...Object.fromEntries(columns),
      ...(tables.get(table)?.some(({ name }) => name === 'pool_id') && { pool_id: poolId }),
      ...same,
    }
    for (let first = 0; first < depth; first += 250) {
      const rows = Array.from({ length: 250 }, (_, at) => ({ ...base, ...differing(first + at) }))
      await db
        .insertInto(table as 'user')
        .values(rows as never)
        .execute()
    }
  }
}

import type { Tx } from '../storage/db.ts'
import type { Schema } from '../storage/schema.ts'

type PoolTable = { [Table in keyof Schema]: 'pool_id' extends keyof Schema[Table] ? Table : never }[keyof Schema]

/**
 * Every table that holds rows of a pool; the type demands that a new one is added here.
 * @NOTE They are emptied in this order, and users go before what is theirs, for the reason that deleteUserRows gives.
 */
const poolTables: Readonly<Record<PoolTable, true>> = {
  app_client: true,
  pool_resource: true,
  pool_domain: true,
  signing_key: true,
  user: true,
  user_alias: true,
  user_attribute: true,
  group_member: true,
  user_group: true,
  password_history: true,
  software_token: true,
  passkey: true,
  device: true,
  device_step: true,
  code: true,
  attempt: true,
  session: true,
  auth_event: true,
  trigger_invocation: true,
  audit_record: true,
  trigger_answer: true,
  import_job: true,
  import_chunk: true,
  import_log: true,
  active_import: true,
  outbox: true,
  message_count: true,
  inbox_message: true,
}

/**
 * Deletes the pool and everything in it. False when there was no such pool. All of it goes in one transaction, so that a crash leaves
 * either the whole pool or nothing; for a pool of millions of users that transaction is a long one.
 */
export async function deletePoolRows(tx: Tx, poolId: string): Promise<boolean> {
  const { numDeletedRows } = await tx.deleteFrom('user_pool').where('id', '=', poolId).executeTakeFirstOrThrow()
  for (const table of Object.keys(poolTables) as PoolTable[]) {
    await tx.deleteFrom(table).where('pool_id', '=', poolId).execute()
  }
  return numDeletedRows === 1n
}

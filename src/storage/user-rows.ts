import type { Schema } from './schema.ts'

type TableWith<Column extends string> = { [Table in keyof Schema]: Column extends keyof Schema[Table] ? Table : never }[keyof Schema]

/** A table whose rows are each about one user of one pool. */
export type UserTable = TableWith<'pool_id'> & (TableWith<'sub'> | TableWith<'subject'>)

/**
 * What the deletion of a user does to the user's rows in a table:
 * - `first`: it deletes them before all others.
 * - `at-once`: it deletes them all, in the same transaction.
 * - `in-batches`: it deletes a limited number in the same transaction, and the sweeper deletes the rest. For tables in which one user can
 *   have any number of rows.
 * - `kept`: it leaves them.
 */
type Deletion = 'first' | 'at-once' | 'in-batches' | 'kept'

/**
 * Every table with rows about users. The type demands that a new table is added here. Rows are deleted in this order.
 * @NOTE This list is here, and not with the modules of the tables, because `tokens/` and `signin/` import the module that deletes users.
 */
export const userTables: { readonly [Table in UserTable]: Deletion } = {
  user: 'first',
  user_alias: 'at-once',
  user_attribute: 'at-once',
  group_member: 'at-once',
  password_history: 'at-once',
  software_token: 'at-once',
  recovery_code_set: 'at-once',
  passkey: 'at-once',
  device: 'at-once',
  device_step: 'at-once',
  code: 'at-once',
  sign_in_link: 'at-once',
  email_change: 'at-once',
  trigger_invocation: 'at-once',
  trigger_answer: 'at-once',
  attempt: 'at-once',
  outbox: 'at-once',
  authorization_code: 'in-batches',
  device_authorization: 'in-batches',
  session: 'in-batches',
  auth_event: 'in-batches',
  // The deletion ends the user's sessions, and the apps have to be told. Each row is deleted when its app was told or given up.
  session_client: 'kept',
  former_member: 'at-once',
  // A user who is deleted here must not come back from the former pool.
  former_user: 'kept',
  // These rows show what administrators did to the user.
  audit_record: 'kept',
  // Each of these rows names a deleted user whose other rows the sweeper has to delete. The sweeper deletes this row after all others.
  deleted_user: 'kept',
  // The row of a deleted user who can be restored.
  kept_user: 'kept',
}

export function userTablesDeleted(deletion: Deletion): readonly UserTable[] {
  return (Object.keys(userTables) as UserTable[]).filter((table) => userTables[table] === deletion)
}

/** The column that holds the user's `sub`. Attempts are counted for decoys as well, so their column has another name. */
export function userColumnOf(table: UserTable): 'sub' | 'subject' {
  return table === 'attempt' ? 'subject' : 'sub'
}

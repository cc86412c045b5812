import type { RowsToDelete } from '../storage/batched-delete.ts'
import type { Db, Tx } from '../storage/db.ts'
import { createSettledRemoval } from '../storage/settled-removal.ts'

/** Deletes the pool and leaves a mark for the sweeper, which removes the pool's identities and their logins. */
export async function markIdentityPoolDeleted(tx: Tx, id: string, now: number): Promise<void> {
  await tx.deleteFrom('identity_pool').where('id', '=', id).execute()
  await tx.insertInto('deleted_identity_pool').values({ id, deleted_at: now, due_at: now }).execute()
}

/** Whether rows of a deleted identity pool with the id may remain. They would become rows of a new pool. */
export async function isIdentityPoolBeingRemoved(db: Db | Tx, id: string): Promise<boolean> {
  return (await db.selectFrom('deleted_identity_pool').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
}

/**
 * Identities are deleted before logins. A transaction that stores a login locks its identity first. So either it finds no identity any more,
 * or its login is deleted after it has ended.
 */
const rowsOf = (poolId: string): readonly RowsToDelete[] => [
  { table: 'identity', where: { identity_pool_id: poolId }, key: ['id'] },
  { table: 'identity_login', where: { identity_pool_id: poolId }, key: ['provider', 'subject_key'] },
]

/** The sweep that removes the rows of deleted identity pools. */
export const createIdentityPoolRemoval = () => createSettledRemoval({ table: 'deleted_identity_pool', rowsToDelete: rowsOf })

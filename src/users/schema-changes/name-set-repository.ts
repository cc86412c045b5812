import type { Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import { storedKind, storedKinds } from '../name-sets.ts'
import type { Alias } from '../user.ts'

type SetKey = Pick<Pool, 'id' | 'nameSet'>

/** Stores names of users, also where a former username is reserved. Returns how many of them were free. */
export async function putNames(
  tx: Tx,
  { id: poolId, nameSet }: SetKey,
  names: readonly (Alias & { readonly sub: string })[],
): Promise<number> {
  if (names.length === 0) return 0
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('user_alias')
    .values(names.map(({ kind, key, sub }) => ({ pool_id: poolId, kind: storedKind({ nameSet }, kind), value_key: key, sub })))
    .onConflict((conflict) =>
      conflict
        .columns(['pool_id', 'kind', 'value_key'])
        .doUpdateSet((eb) => ({ sub: eb.ref('excluded.sub'), free_at: null }))
        .where('user_alias.free_at', 'is not', null),
    )
    .executeTakeFirstOrThrow()
  return Number(numInsertedOrUpdatedRows)
}

/** Deletes up to `limit` names of the set. Returns how many were deleted. */
export async function deleteNames(tx: Tx, { id: poolId, nameSet }: SetKey, limit: number): Promise<number> {
  let deleted = 0
  for (const kind of storedKinds({ nameSet })) {
    const { numDeletedRows } = await tx
      .deleteFrom('user_alias')
      .where('pool_id', '=', poolId)
      .where('kind', '=', kind)
      .where('value_key', 'in', (eb) =>
        eb
          .selectFrom('user_alias')
          .select('value_key')
          .where('pool_id', '=', poolId)
          .where('kind', '=', kind)
          .orderBy('value_key')
          .limit(limit - deleted),
      )
      .executeTakeFirstOrThrow()
    deleted += Number(numDeletedRows)
    if (deleted >= limit) break
  }
  return deleted
}

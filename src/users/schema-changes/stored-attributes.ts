import { isDeepStrictEqual } from 'node:util'
import { invalidParameter } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import { findNewConflict, type SchemaRules, toStored } from '../../pools/schema-changes/schema-rules.ts'
import type { Tx } from '../../storage/db.ts'
import type { Attributes, User } from '../user.ts'

/**
 * The attributes to store for new users of one pool, in their order. An unfinished schema change decides about them by its `rules`. `pool` is
 * the one that the request was checked against. It may be some seconds old.
 * `stored` is what the row of a deleted user had who comes back.
 * @NOTE Read the rules after the first write of the transaction. The worker of schema changes waits for transactions that have written before
 *   it began, so it finds every user who was stored without knowledge of the change.
 * @throws ApiError InvalidParameterException when a value conflicts with the change
 */
export function attributesToInsert(
  rules: SchemaRules | undefined,
  pool: Pool,
  users: readonly User[],
  stored?: Attributes,
): readonly Attributes[] {
  if (rules === undefined) return users.map(({ attributes }) => attributes)
  return users.map(({ attributes: after }) => {
    requireNoConflict(rules, pool, { before: undefined, after })
    return toStored(rules, { stored, before: undefined, after })
  })
}

/**
 * The attributes to store for a user whose row is locked. Undefined when the stored ones stay as they are: they can have values that `before`
 * does not show.
 * @throws ApiError InvalidParameterException when a value conflicts with an unfinished schema change
 */
export async function attributesToUpdate(
  tx: Tx,
  rules: SchemaRules | undefined,
  pool: Pool,
  { before, after }: { readonly before: User; readonly after: User },
): Promise<Attributes | undefined> {
  if (isDeepStrictEqual(before.attributes, after.attributes)) return undefined
  if (rules === undefined) return after.attributes
  requireNoConflict(rules, pool, { before: before.attributes, after: after.attributes })
  const row = await tx
    .selectFrom('user')
    .select('attributes')
    .where('pool_id', '=', after.poolId)
    .where('sub', '=', after.sub)
    .executeTakeFirst()
  const stored = row && (JSON.parse(row.attributes) as Attributes)
  return toStored(rules, { stored, before: before.attributes, after: after.attributes })
}

type Write = { readonly before: Attributes | undefined; readonly after: Attributes }

function requireNoConflict(rules: SchemaRules, { schema }: Pool, write: Write): void {
  const name = findNewConflict(rules, schema, write)
  if (name === undefined) return
  throw invalidParameter(
    `Attributes did not conform to the schema: ${name}: The value conflicts with the schema change ${rules.changeId}\n`,
  )
}

import { isDeepStrictEqual } from 'node:util'
import { invalidParameter } from '../../contract/api-error.ts'
import { findSchemaRules } from '../../pools/schema-changes/schema-change-repository.ts'
import { findNewConflict, type SchemaRules, toStored } from '../../pools/schema-changes/schema-rules.ts'
import type { Tx } from '../../storage/db.ts'
import type { Attributes, User } from '../user.ts'

/**
 * The attributes to store for new users of one pool, in their order. An unfinished schema change decides about them.
 * `stored` is what the row of a deleted user had who comes back.
 * @NOTE Call it after the first write of the transaction. The worker of schema changes waits for transactions that have written before it
 *   began, so it finds every user who was stored without knowledge of the change.
 * @throws ApiError InvalidParameterException when a value conflicts with the change
 */
export async function attributesToInsert(tx: Tx, users: readonly User[], stored?: Attributes): Promise<readonly Attributes[]> {
  const [first] = users
  const rules = first && (await findSchemaRules(tx, first.poolId))
  if (rules === undefined) return users.map(({ attributes }) => attributes)
  return users.map(({ attributes: after }) => {
    requireNoConflict(rules, undefined, after)
    return toStored(rules, { stored, before: undefined, after })
  })
}

/**
 * The attributes to store for a user whose row is locked. Undefined when the stored ones stay as they are: they can have values that `before`
 * does not show.
 * @throws ApiError InvalidParameterException when a value conflicts with an unfinished schema change
 */
export async function attributesToUpdate(tx: Tx, before: User, after: User): Promise<Attributes | undefined> {
  if (isDeepStrictEqual(before.attributes, after.attributes)) return undefined
  const rules = await findSchemaRules(tx, after.poolId)
  if (rules === undefined) return after.attributes
  requireNoConflict(rules, before.attributes, after.attributes)
  const row = await tx
    .selectFrom('user')
    .select('attributes')
    .where('pool_id', '=', after.poolId)
    .where('sub', '=', after.sub)
    .executeTakeFirst()
  const stored = row && (JSON.parse(row.attributes) as Attributes)
  return toStored(rules, { stored, before: before.attributes, after: after.attributes })
}

function requireNoConflict(rules: SchemaRules, before: Attributes | undefined, after: Attributes): void {
  const name = findNewConflict(rules, before, after)
  if (name === undefined) return
  throw invalidParameter(
    `Attributes did not conform to the schema: ${name}: The value conflicts with the schema change ${rules.changeId}\n`,
  )
}

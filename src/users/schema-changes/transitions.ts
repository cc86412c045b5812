import { isDeepStrictEqual } from 'node:util'
import { hourMs } from '../../base/durations.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { AttributeDefinition } from '../../pools/attribute-schema.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import { updatePool } from '../../pools/pool-repository.ts'
import { changeSchema } from '../../pools/schema-changes/attribute-change.ts'
import { type NameSettings, withNames } from '../../pools/schema-changes/name-change.ts'
import { replaceNamePlaces } from '../../pools/schema-changes/name-place-repository.ts'
import { atOnce, isEnded, type SchemaChange } from '../../pools/schema-changes/schema-change.ts'
import { lockSchemaChange, putSchemaChange } from '../../pools/schema-changes/schema-change-repository.ts'
import type { SchemaRules } from '../../pools/schema-changes/schema-rules.ts'
import type { Tx } from '../../storage/db.ts'

/** How long after a switch a process may still look names up by the settings from before: some more than pools are cached for. */
const staleMs = 10_000

/** The change with a new pass over the users before it. `switchedAt`: the time of a switch to which the pass belongs. */
const atNewPass = (change: SchemaChange, switchedAt?: number): SchemaChange => {
  const names = change.rules?.names
  return {
    ...change,
    cursor: names && { table: 'user_alias', after: '' },
    barrier: undefined,
    done: 0,
    dueAt: names === undefined || switchedAt === undefined ? atOnce : switchedAt + staleMs,
  }
}

/** The change after its check has found conflicts. If the check has built names, they are deleted before the change ends. */
export function failed(change: SchemaChange, now: number): SchemaChange {
  if (change.rules?.names === undefined) return { ...ended(change, now), state: 'FAILED' }
  const details = { ...change.details, hasFailed: true }
  return { ...atNewPass(change), state: 'UNDOING', rules: rulesIn(change, 'undoing', { showsOld: false }), details }
}

export const ended = (change: SchemaChange, now: number): SchemaChange => ({
  ...change,
  rules: undefined,
  dueAt: undefined,
  details: { ...change.details, endedAt: now },
})

/** The rules of the change, in another phase. */
function rulesIn(change: SchemaChange, phase: SchemaRules['phase'], { showsOld }: { readonly showsOld: boolean }): SchemaRules {
  const { rules } = change
  if (rules === undefined) throw new Error(`Schema change ${change.id} has no rules.`)
  return { ...rules, phase, renames: rules.renames.map((rename) => ({ ...rename, showsOld })) }
}

/**
 * The new schema applies from the commit on: in the pool, in its app clients and identity providers, and for all values. The caller has locked
 * the pool and the change.
 */
export async function switchSchema(tx: Tx, pool: Pool, change: SchemaChange, now: number): Promise<SchemaChange> {
  const { changes, oldNamesHours, undoableHours } = change.details
  const rules = rulesIn(change, 'switched', { showsOld: oldNamesHours > 0 })
  const map = (name: string) => (rules.removed.includes(name) ? undefined : (rules.renames.find(({ from }) => from === name)?.to ?? name))
  const replaced = await replaceNamePlaces(tx, pool, { map, restored: [], now })
  const schema = withFormerNames(changeSchema(pool.schema, changes), rules)
  await updatePool(tx, { ...renamed(replaced.pool, rules.names?.after), schema, schemaVersion: change.id, updatedAt: now })
  const undoableUntil = now + undoableHours * hourMs
  const oldNamesUntil = oldNamesHours > 0 ? now + oldNamesHours * hourMs : undefined
  const switched: SchemaChange = {
    ...change,
    state: 'SWITCHED',
    schemaVersion: change.id,
    rules,
    dueAt: Math.min(undoableUntil, oldNamesUntil ?? undoableUntil),
    details: {
      ...change.details,
      switchedAt: now,
      undoableUntil,
      oldNamesUntil,
      schemaBefore: pool.schema,
      removedFrom: replaced.places.filter(({ kind, attribute }) => kind !== 'TOKEN_CLAIM' && rules.removed.includes(attribute)),
    },
  }
  await putSchemaChange(tx, switched)
  return switched
}

function renamed(pool: Pool, names: NameSettings | undefined): Pool {
  if (names === undefined) return pool
  const after = withNames(pool, names)
  if (isDeepStrictEqual(pool.usernameAttributes, names.usernameAttributes)) return after
  // They are named by what users sign in with. The same name could be another user's now.
  return { ...after, extensions: { ...extensionsOf(pool), testUsers: [] } }
}

/** Requests accept the former name of an attribute as long as its definition has it. */
function withFormerNames(schema: readonly AttributeDefinition[], rules: SchemaRules): readonly AttributeDefinition[] {
  return schema.map((definition) => {
    const rename = rules.renames.find(({ to, showsOld }) => showsOld && to === definition.name)
    return rename === undefined ? definition : { ...definition, formerName: rename.from }
  })
}

const withoutFormerNames = (pool: Pool): Pool => ({
  ...pool,
  schema: pool.schema.map(({ formerName: _formerName, ...definition }) => definition),
})

/** From the commit on, the old names do not answer any more. The caller has locked the pool and the change. */
export async function endOldNames(tx: Tx, pool: Pool, change: SchemaChange): Promise<void> {
  await updatePool(tx, withoutFormerNames(pool))
  await putSchemaChange(tx, { ...change, rules: rulesIn(change, 'switched', { showsOld: false }), dueAt: change.details.undoableUntil })
}

/** From the commit on, the change cannot be undone, and the rows of users are converted. The caller has locked the pool and the change. */
export async function beginFinishing(tx: Tx, pool: Pool, change: SchemaChange, now: number): Promise<SchemaChange> {
  await updatePool(tx, withoutFormerNames(pool))
  const { oldNamesUntil, undoableUntil } = change.details
  const earlier = (until: number | undefined) => until && Math.min(until, now)
  const finishing: SchemaChange = {
    ...atNewPass(change, change.details.switchedAt),
    state: 'FINISHING',
    rules: rulesIn(change, 'finishing', { showsOld: false }),
    details: { ...change.details, oldNamesUntil: earlier(oldNamesUntil), undoableUntil: earlier(undoableUntil) },
  }
  await putSchemaChange(tx, finishing)
  return finishing
}

/** The old schema applies again from the commit on. The caller has locked the pool and the change. */
async function switchBack(tx: Tx, pool: Pool, change: SchemaChange, now: number): Promise<SchemaChange> {
  const { schemaBefore = pool.schema, removedFrom = [] } = change.details
  const rules = rulesIn(change, 'undoing', { showsOld: false })
  const map = (name: string) => rules.renames.find(({ to }) => to === name)?.from ?? name
  const replaced = await replaceNamePlaces(tx, pool, { map, restored: removedFrom, now })
  const schemaVersion = `${change.id} undone`
  await updatePool(tx, { ...renamed(replaced.pool, rules.names?.before), schema: schemaBefore, schemaVersion, updatedAt: now })
  const undoing: SchemaChange = { ...atNewPass(change, now), state: 'UNDOING', schemaVersion, rules }
  await putSchemaChange(tx, undoing)
  return undoing
}

/** The unfinished change of the pool, locked with the pool. */
async function lockOpenChange(tx: Tx, poolId: string): Promise<{ readonly pool: Pool; readonly change: SchemaChange }> {
  const pool = await requireLockedPool(tx, poolId)
  const change = await lockSchemaChange(tx, poolId)
  if (change === undefined) throw invalidParameter('The schema of this user pool was never changed.')
  if (isEnded(change)) throw invalidParameter(`The latest schema change of this user pool, ${change.id}, is ${change.state}.`)
  return { pool, change }
}

/**
 * Undoes the unfinished change of the pool. Values that were written since the switch are kept, under the old names.
 * @throws ApiError InvalidParameterException when there is no such change, or old values are being deleted already
 */
export async function undoSchemaChange(tx: Tx, poolId: string, now: number): Promise<SchemaChange> {
  const { pool, change } = await lockOpenChange(tx, poolId)
  if (change.state === 'UNDOING') return change
  if (change.state === 'SWITCHED') return switchBack(tx, pool, change, now)
  if (change.state !== 'CHECKING') {
    throw invalidParameter(`The schema change ${change.id} is ${change.state}, so it cannot be undone any more. Start a change back.`)
  }
  // The names that the check has built are deleted.
  const undone: SchemaChange =
    change.rules?.names === undefined
      ? { ...ended(change, now), state: 'UNDONE' }
      : { ...atNewPass(change), state: 'UNDOING', rules: rulesIn(change, 'undoing', { showsOld: false }) }
  await putSchemaChange(tx, undone)
  return undone
}

/**
 * Finishes the change, which cannot be undone from then on.
 * @throws ApiError InvalidParameterException when there is no such change, or it is not switched
 */
export async function finishSchemaChange(tx: Tx, poolId: string, now: number): Promise<SchemaChange> {
  const { pool, change } = await lockOpenChange(tx, poolId)
  if (change.state === 'FINISHING') return change
  if (change.state === 'SWITCHED') return beginFinishing(tx, pool, change, now)
  throw invalidParameter(`The schema change ${change.id} is ${change.state}. Only a change that is SWITCHED can be finished.`)
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import { triggerFunctionsOf } from '../../pools/extensions/pool-extensions.ts'
import { allProviders, listProviderNames } from '../../pools/identity-providers/identity-provider-repository.ts'
import type { Pool } from '../../pools/pool.ts'
import type { AttributeChange } from '../../pools/schema-changes/attribute-change.ts'
import { findNamePlaces } from '../../pools/schema-changes/name-place-repository.ts'
import type { NamePlace, PlaceKind } from '../../pools/schema-changes/name-places.ts'
import { isEnded, type PassCursor, schemaChangeUnfinished, type WantedChange } from '../../pools/schema-changes/schema-change.ts'
import { findSchemaChange } from '../../pools/schema-changes/schema-change-repository.ts'
import { requirePossibleChange, rulesOf } from '../../pools/schema-changes/wanted-change.ts'
import type { Db } from '../../storage/db.ts'
import { findSubsAmong } from '../user-name-repository.ts'
import { countConflicts, type UserConflict } from './count-conflicts.ts'
import { createNameCheck, type NameCheck } from './name-conflicts.ts'
import { findIdentityPoolsNaming, findImportsNaming } from './other-place-repository.ts'
import { requirePossibleNames } from './possible-names.ts'
import { readUserBatch, type StoredUser } from './user-pass-repository.ts'

/** Something that names a changed attribute. `isChanged`: the switch replaces or removes the name there. */
export type PlannedPlace = {
  readonly kind: PlaceKind | 'TRIGGER' | 'IMPORT_JOB' | 'IDENTITY_POOL'
  readonly attribute: string
  /** The client, provider, claim, trigger, job or identity pool. */
  readonly name: string | undefined
  readonly isChanged: boolean
}

/** App clients that could not write an attribute that becomes required, so that no user could sign up through them. */
type ClientConflict = { readonly kind: 'CLIENT_CANNOT_WRITE'; readonly attribute: string; readonly clientIds: readonly string[] }

export type SchemaPlan = {
  readonly users: number
  readonly deletedUsers: number
  /** How many users, deleted ones included, have another value, name or lack of one after the change. */
  readonly touched: number
  readonly conflicts: readonly (UserConflict | ClientConflict)[]
  readonly missing: readonly UserConflict[]
  readonly places: readonly PlannedPlace[]
  readonly undoLosses: readonly string[]
}

const batchSize = 500

/**
 * What the changes would do. Looks at all users of the pool, and changes nothing.
 * @throws ApiError InvalidParameterException when the changes are not possible, or another change of the pool is unfinished
 */
export async function planSchemaChange(db: Db, pool: Pool, wanted: WantedChange, maxUsers: number): Promise<SchemaPlan> {
  requirePossibleChange(pool, wanted)
  const { changes, names } = wanted
  await requirePossibleNames(db, pool, wanted)
  const open = await findSchemaChange(db, pool.id)
  if (open !== undefined && !isEnded(open)) throw schemaChangeUnfinished(open)
  const providers = names === undefined ? [] : await listProviderNames(db, pool.id, allProviders)
  const rules = rulesOf('', pool, wanted)
  const counted = countConflicts(rules.checks, maxUsers)
  const totals = { users: 0, deletedUsers: 0, touched: 0 }
  const checked = rules.names && createNameCheck(pool, { rules: rules.names, providers, limit: maxUsers })
  for await (const users of batchesOf(db, pool.id)) {
    for (const user of users) {
      totals[user.isDeleted ? 'deletedUsers' : 'users']++
      const changesNames = checked?.add(user) ?? false
      if (changesNames || changes.some((change) => isTouched(user.attributes, change))) totals.touched++
      counted.add(user)
    }
    if (checked !== undefined) await addNamesThatAreSubs(db, pool, checked)
  }
  if (checked?.needsAgain()) for await (const users of batchesOf(db, pool.id)) users.forEach(checked.addAgain)
  const places = await findNamePlaces(db, pool)
  return {
    ...totals,
    conflicts: [...counted.conflicts(), ...(checked?.conflicts() ?? []), ...clientConflicts(pool, changes, places)],
    missing: [...counted.missing(), ...(checked?.missing() ?? [])],
    places: [...plannedPlaces(changes, places), ...(await otherPlaces(db, pool, changes))],
    undoLosses: [...changes.flatMap(undoLossesOf), ...(names === undefined ? [] : nameLosses)],
  }
}

async function addNamesThatAreSubs(db: Db, { id }: Pool, checked: NameCheck): Promise<void> {
  const suspects = checked.takeSuspects()
  const subs = new Set(
    await findSubsAmong(
      db,
      id,
      suspects.map(({ key }) => key),
    ),
  )
  for (const suspect of suspects) if (subs.has(suspect.key)) checked.addTaken(suspect)
}

/** All users, then the deleted users who are kept. */
async function* batchesOf(db: Db, poolId: string): AsyncGenerator<readonly StoredUser[]> {
  let cursor: PassCursor | undefined
  do {
    const { users, next } = await readUserBatch(db, poolId, cursor, batchSize)
    yield users
    cursor = next
    // Lets waiting requests run first.
    await nextTurn()
  } while (cursor !== undefined)
}

function isTouched(attributes: Readonly<Record<string, string>>, change: AttributeChange): boolean {
  return attributes[change.name] === undefined ? change.defaultValue !== undefined : change.isRemoved || change.newName !== undefined
}

/** App clients that could not write what becomes required. */
export function clientConflicts(pool: Pool, changes: readonly AttributeChange[], places: readonly NamePlace[]): readonly ClientConflict[] {
  const ofKind = places.filter(({ kind }) => kind === 'CLIENT_WRITE_ATTRIBUTES')
  const limited = [...new Set(ofKind.flatMap(({ client }) => client ?? []))]
  return changes.flatMap(({ name, required }) => {
    const isNew = required === true && pool.schema.some((definition) => definition.name === name && !definition.required)
    if (!isNew) return []
    const clientIds = limited.filter((id) => !ofKind.some(({ client, attribute }) => client === id && attribute === name))
    return clientIds.length === 0 ? [] : [{ kind: 'CLIENT_CANNOT_WRITE', attribute: name, clientIds }]
  })
}

function plannedPlaces(changes: readonly AttributeChange[], places: readonly NamePlace[]): readonly PlannedPlace[] {
  return changes.flatMap(({ name, newName, isRemoved }) =>
    places
      .filter(({ attribute }) => attribute === name)
      .map(({ kind, client, provider, claim }) => {
        const isChanged = newName !== undefined || (isRemoved && kind !== 'TOKEN_CLAIM')
        return { kind, attribute: name, name: client ?? provider ?? claim, isChanged }
      }),
  )
}

/** What sees or names the attributes without being changed. */
async function otherPlaces(db: Db, pool: Pool, changes: readonly AttributeChange[]): Promise<readonly PlannedPlace[]> {
  const triggers = [...Object.keys(pool.triggers.byName), ...Object.keys(triggerFunctionsOf(pool))]
  const places: PlannedPlace[] = []
  for (const { name: attribute } of changes) {
    const add = (kind: PlannedPlace['kind'], names: readonly string[]) =>
      places.push(...names.map((name) => ({ kind, attribute, name, isChanged: false })))
    add('TRIGGER', triggers)
    add('IMPORT_JOB', await findImportsNaming(db, pool.id, attribute))
    add('IDENTITY_POOL', await findIdentityPoolsNaming(db, pool.id, attribute))
  }
  return places
}

function undoLossesOf({ name, type, length, range, defaultValue }: AttributeChange): readonly string[] {
  const losses: string[] = []
  if (type !== undefined || length !== undefined || range !== undefined) {
    losses.push(`${name}: values that are written after the switch stay, even where the present type or constraints do not allow them.`)
  }
  if (defaultValue !== undefined) losses.push(`${name}: users who had no value lose DefaultValue, also where it was written for them.`)
  return losses
}

const nameLosses = ['Users who are created after the switch may have no name but their sub after an undo.']

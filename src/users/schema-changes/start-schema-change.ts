import { uuidv7 } from '../../base/ids.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { requireNoImport } from '../../pools/active-import-repository.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import { atOnce, type SchemaChange, type WantedChange } from '../../pools/schema-changes/schema-change.ts'
import { putSchemaChange, requireNoSchemaChange } from '../../pools/schema-changes/schema-change-repository.ts'
import { requirePossibleChange, rulesOf } from '../../pools/schema-changes/wanted-change.ts'
import type { Tx } from '../../storage/db.ts'
import type { SchemaPlan } from './plan-schema-change.ts'
import { requirePossibleNames } from './possible-names.ts'

export const defaultUndoableHours = 168

export type StartInput = {
  readonly poolId: string
  readonly wanted: WantedChange
  readonly oldNamesHours: number
  readonly undoableHours: number
  readonly startedBy: string | undefined
}

/** @throws ApiError InvalidParameterException when the old names would answer for longer than the change can be undone */
export function requireValidHours({ oldNamesHours, undoableHours }: Pick<StartInput, 'oldNamesHours' | 'undoableHours'>): void {
  if (oldNamesHours <= undoableHours) return
  throw invalidParameter(`OldNamesHours (${oldNamesHours}) must not be more than UndoableHours (${undoableHours}).`)
}

/** @throws ApiError InvalidParameterException when the plan has a conflict */
export function requireNoConflicts({ conflicts }: SchemaPlan): void {
  if (conflicts.length === 0) return
  const texts = conflicts.map((conflict) => {
    const many = 'clientIds' in conflict ? `${conflict.clientIds.length} app clients` : `${conflict.count} users`
    return `${conflict.attribute}: ${conflict.kind} (${many})`
  })
  throw invalidParameter(`The schema change has conflicts, which PlanSchemaChange names: ${texts.join(', ')}.`)
}

/**
 * Starts a change whose plan has no conflict. From the commit on, no write may conflict with it. Wake the runner after the commit.
 *
 * @throws ApiError ResourceNotFoundException when there is no such pool
 * @throws ApiError InvalidParameterException when the changes are not possible, or another change of the pool is unfinished
 * @throws ApiError UserImportInProgressException when an import job of the pool is running
 */
export async function startSchemaChange(tx: Tx, input: StartInput, now: number): Promise<SchemaChange> {
  const pool = await requireLockedPool(tx, input.poolId)
  await requireNoSchemaChange(tx, pool.id)
  await requireNoImport(tx, pool.id)
  const { wanted, oldNamesHours, undoableHours, startedBy } = input
  // The pool may have been changed since the plan was made.
  requirePossibleChange(pool, wanted)
  await requirePossibleNames(tx, pool, wanted)
  const id = uuidv7(now)
  const change: SchemaChange = {
    poolId: pool.id,
    id,
    state: 'CHECKING',
    rules: { ...rulesOf(id, pool, wanted), versionBefore: pool.schemaVersion },
    schemaVersion: pool.schemaVersion,
    details: { ...wanted, oldNamesHours, undoableHours, startedBy },
    cursor: undefined,
    barrier: undefined,
    done: 0,
    startedAt: now,
    dueAt: atOnce,
  }
  await putSchemaChange(tx, change)
  return change
}

import { invalidParameter } from '../../contract/api-error.ts'
import type { AttributeDefinition } from '../attribute-schema.ts'
import type { AttributeChange } from './attribute-change.ts'
import type { NameChange } from './name-change.ts'
import type { NamePlace } from './name-places.ts'
import type { SchemaRules } from './schema-rules.ts'

/**
 * `CHECKING`: the users are looked at once more; nothing has changed yet. `SWITCHED`: the new schema applies, and an undo is possible.
 * `FINISHING`: the rows of users are converted. `UNDOING`: they are converted back. `FAILED`: the check found conflicts.
 */
export type SchemaChangeState = 'CHECKING' | 'SWITCHED' | 'FINISHING' | 'FINISHED' | 'UNDOING' | 'UNDONE' | 'FAILED'

/** The latest schema change of a pool. Times are epoch milliseconds. */
export type SchemaChange = {
  readonly poolId: string
  readonly id: string
  readonly state: SchemaChangeState
  /** Undefined when the change has ended. */
  readonly rules: SchemaRules | undefined
  /** The `schemaVersion` that the pool has now. Undefined when its schema never changed. */
  readonly schemaVersion?: string | undefined
  readonly details: SchemaChangeDetails
  /** Where the current pass over the users continues. Undefined before a pass. */
  readonly cursor: PassCursor | undefined
  readonly barrier: string | undefined
  /** How many users the current pass has looked at. */
  readonly done: number
  readonly startedAt: number
  /** When there is something to do. Undefined when the change has ended. */
  readonly dueAt: number | undefined
}

/**
 * A pass goes over the users first, and then over the deleted users who are kept. Where the change builds a second set of names, the pass
 * that ends the change first deletes the set that is no longer valid (`user_alias`).
 */
export type PassCursor = { readonly table: 'user_alias' | 'user' | 'kept_user'; readonly after: string }

/** What is to change: attributes, the names of users, or both. */
export type WantedChange = {
  readonly changes: readonly AttributeChange[]
  readonly names: NameChange | undefined
}

export type SchemaChangeDetails = WantedChange & {
  readonly oldNamesHours: number
  readonly undoableHours: number
  /** The access key that started the change. Undefined for the command line and for unsigned requests. */
  readonly startedBy: string | undefined
  readonly switchedAt?: number | undefined
  /** When the old names stop to answer. Undefined when they do not answer. */
  readonly oldNamesUntil?: number | undefined
  readonly undoableUntil?: number | undefined
  readonly endedAt?: number | undefined
  /** Whether the check found conflicts, so that the change ends as FAILED when the names that it has built are deleted. */
  readonly hasFailed?: boolean | undefined
  /** How many conflicts the check found. */
  readonly conflicts?: number | undefined
  /** The schema before the switch. */
  readonly schemaBefore?: readonly AttributeDefinition[] | undefined
  /** The settings that lost the name of a removed attribute. */
  readonly removedFrom?: readonly NamePlace[] | undefined
}

/** The `dueAt` of work to do now. The clock of the process that does it may be behind, so it is not the present time. */
export const atOnce = 0

export const isEnded = ({ state }: Pick<SchemaChange, 'state'>): boolean => ['FINISHED', 'UNDONE', 'FAILED'].includes(state)

/** The error for a request that an unfinished change of the schema does not allow. */
export const schemaChangeUnfinished = ({ id, state }: Pick<SchemaChange, 'id' | 'state'>) =>
  invalidParameter(
    `The schema change ${id} of this user pool is ${state}. Wait until it has ended (DescribeSchemaChange), or call FinishSchemaChange or UndoSchemaChange.`,
  )

/** The error for a request that was checked against the schema before the latest change of it. */
export const schemaJustChanged = () => invalidParameter('The schema of this user pool has just been changed. Repeat the request.')

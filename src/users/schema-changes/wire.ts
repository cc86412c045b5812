import type {
  PlanSchemaChangeResponse,
  SchemaChangeType,
  SchemaConflictType,
  StartSchemaChangeRequest,
} from '../../contract/generated/types.ts'
import { readAttributeChange, writeAttributeChange } from '../../pools/schema-changes/attribute-change-wire.ts'
import { readNameChange, writeNameChange } from '../../pools/schema-changes/name-change-wire.ts'
import { isEnded, type SchemaChange, type WantedChange } from '../../pools/schema-changes/schema-change.ts'
import type { SchemaPlan } from './plan-schema-change.ts'

type Conflict = SchemaPlan['conflicts'][number]

type Sent = Pick<StartSchemaChangeRequest, 'Changes' | 'UsernameAttributes' | 'AliasAttributes' | 'UsernameConfiguration' | 'MissingNames'>

export const readWantedChange = (sent: Sent): WantedChange => ({
  changes: (sent.Changes ?? []).map(readAttributeChange),
  names: readNameChange(sent),
})

export function writePlan(plan: SchemaPlan): PlanSchemaChangeResponse {
  return {
    Possible: plan.conflicts.length === 0,
    Users: plan.users,
    DeletedUsers: plan.deletedUsers,
    TouchedUsers: plan.touched,
    Conflicts: plan.conflicts.map(writeConflict),
    Missing: plan.missing.map(writeConflict),
    Places: plan.places.map(({ kind, attribute, name, isChanged }) => ({
      Kind: kind,
      Attribute: attribute,
      Name: name,
      Changed: isChanged,
    })),
    UndoLosses: [...plan.undoLosses],
  }
}

function writeConflict(conflict: Conflict): SchemaConflictType {
  const { kind: Kind, attribute: Attribute } = conflict
  if ('clientIds' in conflict) return { Kind, Attribute, Count: conflict.clientIds.length, ClientIds: [...conflict.clientIds] }
  const Users = conflict.users.map(({ username, sub, isDeleted }) => ({ Username: username, Sub: sub, Deleted: isDeleted }))
  return { Kind, Attribute, Count: conflict.count, Users }
}

export function writeSchemaChange(change: SchemaChange): SchemaChangeType {
  const { details, state, done } = change
  const isConverting = details.switchedAt !== undefined && state !== 'SWITCHED'
  const time = (at: number | undefined) => (at === undefined ? undefined : new Date(at))
  return {
    UserPoolId: change.poolId,
    SchemaChangeId: change.id,
    State: state,
    Changes: details.changes.length === 0 ? undefined : details.changes.map(writeAttributeChange),
    ...writeNameChange(details.names),
    CheckedUsers: isConverting ? undefined : done,
    ConvertedUsers: isConverting ? done : undefined,
    Conflicts: isEnded(change) || state === 'CHECKING' ? details.conflicts : undefined,
    StartedBy: details.startedBy,
    StartedAt: new Date(change.startedAt),
    SwitchedAt: time(details.switchedAt),
    OldNamesUntil: time(details.oldNamesUntil),
    UndoableUntil: time(details.undoableUntil),
    EndedAt: time(details.endedAt),
  }
}

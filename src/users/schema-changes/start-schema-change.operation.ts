import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { WantedChange } from '../../pools/schema-changes/schema-change.ts'
import type { Db } from '../../storage/db.ts'
import { planSchemaChange } from './plan-schema-change.ts'
import type { SchemaChangeRunner } from './schema-change-runner.ts'
import { defaultUndoableHours, requireNoConflicts, requireValidHours, startSchemaChange as start } from './start-schema-change.ts'
import { readWantedChange, writeSchemaChange } from './wire.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; schemaChanges: SchemaChangeRunner }

/** Lifeguard's own operation: starts a change of the pool's schema that has no conflicts. It goes on after the answer. */
export const startSchemaChange = operation('StartSchemaChange', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools, schemaChanges }: Deps, { audit, accessKeyId }: AuditedCaller) {
    const { UserPoolId, OldNamesHours = 0, UndoableHours = defaultUndoableHours } = request
    const wanted = readWantedChange(request)
    const hours = { oldNamesHours: OldNamesHours, undoableHours: UndoableHours }
    requireValidHours(hours)
    requireNoConflicts(await planSchemaChange(db, await pools.getPool(UserPoolId), wanted, 0))
    const change = await db.transaction().execute(async (tx) => {
      const started = await start(tx, { poolId: UserPoolId, wanted, ...hours, startedBy: accessKeyId }, clock.now())
      await audit.record(tx, { subject: started.id, changedMembers: membersOf(wanted) })
      return started
    })
    schemaChanges.wake()
    return { SchemaChange: writeSchemaChange(change) }
  },
})

function membersOf({ changes, names }: WantedChange): readonly string[] {
  const { usernameAttributes, aliasAttributes, caseSensitive } = names ?? {}
  return [
    ...changes.map(({ name }) => `SchemaAttributes.${name}`),
    ...(usernameAttributes === undefined ? [] : ['UsernameAttributes']),
    ...(aliasAttributes === undefined ? [] : ['AliasAttributes']),
    ...(caseSensitive === undefined ? [] : ['UsernameConfiguration.CaseSensitive']),
  ]
}

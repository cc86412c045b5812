import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { readAttributeChange } from '../../pools/schema-changes/attribute-change-wire.ts'
import type { Db } from '../../storage/db.ts'
import { planSchemaChange } from './plan-schema-change.ts'
import type { SchemaChangeRunner } from './schema-change-runner.ts'
import { defaultUndoableHours, requireNoConflicts, requireValidHours, startSchemaChange as start } from './start-schema-change.ts'
import { writeSchemaChange } from './wire.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; schemaChanges: SchemaChangeRunner }

/** Lifeguard's own operation: starts a change of the pool's schema that has no conflicts. It goes on after the answer. */
export const startSchemaChange = operation('StartSchemaChange', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools, schemaChanges }: Deps, { audit, accessKeyId }: AuditedCaller) {
    const { UserPoolId, Changes, OldNamesHours = 0, UndoableHours = defaultUndoableHours } = request
    const changes = Changes.map(readAttributeChange)
    const hours = { oldNamesHours: OldNamesHours, undoableHours: UndoableHours }
    requireValidHours(hours)
    requireNoConflicts(await planSchemaChange(db, await pools.getPool(UserPoolId), changes, 0))
    const change = await db.transaction().execute(async (tx) => {
      const started = await start(tx, { poolId: UserPoolId, changes, ...hours, startedBy: accessKeyId }, clock.now())
      await audit.record(tx, { subject: started.id, changedMembers: changes.map(({ name }) => `SchemaAttributes.${name}`) })
      return started
    })
    schemaChanges.wake()
    return { SchemaChange: writeSchemaChange(change) }
  },
})

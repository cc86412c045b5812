import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import type { SchemaChangeRunner } from './schema-change-runner.ts'
import { finishSchemaChange as finish } from './transitions.ts'
import { writeSchemaChange } from './wire.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; schemaChanges: SchemaChangeRunner }

/** Lifeguard's own operation: deletes the old values, so that the change of the pool's schema can no longer be undone. */
export const finishSchemaChange = operation('FinishSchemaChange', {
  auth: 'iam',
  isAudited: true,

  async handle({ UserPoolId }, { db, clock, pools, schemaChanges }: Deps, { audit }: AuditedCaller) {
    const change = await db.transaction().execute(async (tx) => {
      const changed = await finish(tx, UserPoolId, clock.now())
      await audit.record(tx, { subject: changed.id })
      return changed
    })
    await pools.invalidate(UserPoolId)
    schemaChanges.wake()
    return { SchemaChange: writeSchemaChange(change) }
  },
})

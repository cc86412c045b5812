import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError, invalidParameter } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import type { InvocationReplayer } from '../create-triggers.ts'
import type { JsonObject } from '../trigger.ts'
import { type InvocationRecorder, maskInvocation } from './invocation-recorder.ts'
import { findInvocation } from './invocation-repository.ts'
import { fromRow } from './invocation-row.ts'
import { writeInvocation } from './invocation-wire.ts'

type Deps = {
  db: Db
  secrets: Secrets
  pools: PoolCatalog
  invocations: InvocationRecorder
  triggers: InvocationReplayer
}

/**
 * Lifeguard's own operation: sends the event of an earlier invocation to the function that the pool has now. The event comes from the
 * record, so its secrets are masked. The answer changes nothing; the function itself may have effects of its own.
 */
export const replayTriggerInvocation = operation('ReplayTriggerInvocation', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, secrets, pools, invocations, triggers }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    await invocations.flush()
    const row = await findInvocation(db, pool.id, request.InvocationId)
    if (row === undefined) throw new ApiError('ResourceNotFoundException', `Trigger invocation ${request.InvocationId} does not exist.`)
    const recorded = fromRow(secrets, row)
    if (recorded.event === undefined) throw invalidParameter('The event of this invocation was too long to be kept.')
    await db.transaction().execute((tx) => audit.record(tx))
    const replayed = await triggers.replay(pool, recorded, JSON.parse(recorded.event) as JsonObject)
    return { Invocation: writeInvocation(maskInvocation(replayed)) }
  },
})

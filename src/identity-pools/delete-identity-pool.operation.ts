import type { AuditedCaller } from '../audit/audited-caller.ts'
import type { Clock } from '../base/clock.ts'
import { operation } from '../contract/operation.ts'
import type { Db } from '../storage/db.ts'
import { getLockedIdentityPool } from './change-identity-pool.ts'
import type { IdentityCache } from './identities/identity-cache.ts'
import { markIdentityPoolDeleted } from './identity-pool-deletion-repository.ts'

type Deps = { db: Db; clock: Clock; identityCache: IdentityCache }

export const deleteIdentityPool = operation('DeleteIdentityPool', {
  auth: 'iam',
  isAudited: true,

  /** Deletes the pool at once. The sweeper removes its identities later, so the call is quick however many there are. */
  async handle(request, { db, clock, identityCache }: Deps, { audit }: AuditedCaller) {
    await db.transaction().execute(async (tx) => {
      const pool = await getLockedIdentityPool(tx, request.IdentityPoolId)
      await markIdentityPoolDeleted(tx, pool.id, clock.now())
      await audit.record(tx, { detail: `name: ${pool.name}` })
    })
    await identityCache.announceDeletion([request.IdentityPoolId])
  },
})

import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { changeMfa } from './change-mfa.ts'
import { applyMfaChanges } from './mfa-preferences.ts'
import { readMfaChanges } from './mfa-wire.ts'

export const adminSetUserMfaPreference = operation('AdminSetUserMFAPreference', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: { db: Db; clock: Clock; pools: PoolCatalog }, { audit }: AuditedCaller) {
    const pool = await deps.pools.getPool(request.UserPoolId)
    const changes = readMfaChanges(request)
    const user = await getUserByName(deps.db, pool, request.Username)
    await changeMfa({ ...deps, audit, notices: undefined, caller: undefined }, pool, user, (current, isAvailable) =>
      applyMfaChanges(current, changes, isAvailable),
    )
    return {}
  },
})

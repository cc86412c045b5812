import type { AuditedCaller } from '../../../audit/audited-caller.ts'
import { ApiError } from '../../../contract/api-error.ts'
import { operation } from '../../../contract/operation.ts'
import type { PoolCatalog } from '../../../pools/pool-catalog.ts'
import type { Db } from '../../../storage/db.ts'
import { deleteInitialAccessToken as deleteToken } from './initial-access-token-repository.ts'

type Deps = { db: Db; pools: PoolCatalog }

/** Lifeguard's own operation: deletes an initial access token. The app clients that it registered stay. */
export const deleteInitialAccessToken = operation('DeleteInitialAccessToken', {
  auth: 'iam',
  isAudited: true,

  async handle({ UserPoolId: poolId, InitialAccessTokenId: id }, { db, pools }: Deps, { audit }: AuditedCaller) {
    await pools.getPool(poolId)
    await db.transaction().execute(async (tx) => {
      if (!(await deleteToken(tx, { poolId, id }))) {
        throw new ApiError('ResourceNotFoundException', 'The user pool has no such initial access token.')
      }
      await audit.record(tx)
    })
    return {}
  },
})

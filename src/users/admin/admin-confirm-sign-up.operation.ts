import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { requireNoTrigger } from '../../triggers/trigger.ts'
import { changeUser } from './change-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/** Confirms without a code, and so without proof of any address: none becomes verified. */
export const adminConfirmSignUp = operation('AdminConfirmSignUp', {
  auth: 'iam',

  async handle(request, { db, clock, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    requireNoTrigger(pool, 'PostConfirmation')
    await changeUser(db, pool, request.Username, (user) => {
      if (user.status !== 'UNCONFIRMED') {
        throw new ApiError('NotAuthorizedException', `User cannot be confirmed. Current status is ${user.status}`)
      }
      return { ...user, status: 'CONFIRMED', updatedAt: clock.now() }
    })
    return {}
  },
})

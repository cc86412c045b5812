import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { requireNoTrigger } from '../../triggers/trigger.ts'
import type { User } from '../user.ts'
import { getUserByName } from '../user-repository.ts'
import { changeFoundUser } from './change-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/** Confirms without a code, and so without proof of any address: none becomes verified. ClientMetadata concerns triggers only. */
export const adminConfirmSignUp = operation('AdminConfirmSignUp', {
  auth: 'iam',

  async handle(request, { db, clock, pools }: Deps) {
    const pool = await pools.getPool(request.UserPoolId)
    const found = await getUserByName(db, pool, request.Username)
    requireUnconfirmed(found)
    requireNoTrigger(pool, 'PostConfirmation')
    await changeFoundUser(db, pool, found, (user) => {
      requireUnconfirmed(user)
      return { ...user, status: 'CONFIRMED', updatedAt: clock.now() }
    })
    return {}
  },
})

function requireUnconfirmed({ status }: User): void {
  if (status !== 'UNCONFIRMED') throw new ApiError('NotAuthorizedException', `User cannot be confirmed. Current status is ${status}`)
}

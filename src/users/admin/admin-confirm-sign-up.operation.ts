import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { callerContextOf, type Triggers } from '../../triggers/trigger.ts'
import type { User } from '../user.ts'
import { getUserByName } from '../user-repository.ts'
import { runPostConfirmation } from '../user-triggers.ts'
import { changeFoundUser } from './change-user.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog; triggers: Triggers }

/** Confirms a new user without a code. No address becomes verified, because none was proven. */
export const adminConfirmSignUp = operation('AdminConfirmSignUp', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools, triggers }: Deps, { audit }: AuditedCaller, from) {
    const pool = await pools.getPool(request.UserPoolId)
    const found = await getUserByName(db, pool, request.Username)
    requireUnconfirmed(found)
    const user = await changeFoundUser({ db, audit }, pool, found, (before) => {
      requireUnconfirmed(before)
      return { ...before, status: 'CONFIRMED', updatedAt: clock.now() }
    })
    const callerContext = callerContextOf(undefined, from, request.ClientMetadata)
    await runPostConfirmation(triggers, { pool, user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
    return {}
  },
})

function requireUnconfirmed({ status }: User): void {
  if (status !== 'UNCONFIRMED') throw new ApiError('NotAuthorizedException', `User cannot be confirmed. Current status is ${status}`)
}

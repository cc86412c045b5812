import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { changeUser } from '../admin/change-user.ts'
import { deleteNeedlessRecoveryCodes } from '../recovery-codes/needless-recovery-codes.ts'
import { withoutMfa } from './mfa-preferences.ts'
import { deleteSoftwareToken } from './software-token-repository.ts'

type Deps = { db: Db; clock: Clock; pools: PoolCatalog }

/**
 * Deletes a user's authenticator app, for a user who lost the phone with it. A user who has no authenticator app is no error: the
 * outcome is the same.
 */
export const adminDeleteSoftwareToken = operation('AdminDeleteSoftwareToken', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, pools }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    await changeUser({ db, audit }, pool, request.Username, async (user, tx) => {
      await deleteSoftwareToken(tx, user)
      const after = { ...user, mfa: withoutMfa(user.mfa, 'SOFTWARE_TOKEN_MFA'), updatedAt: clock.now() }
      await deleteNeedlessRecoveryCodes(tx, pool, after, after)
      return after
    })
    return {}
  },
})

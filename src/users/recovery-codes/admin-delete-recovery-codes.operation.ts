import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getLockedUser } from '../admin/change-user.ts'
import { getUserByName } from '../user-repository.ts'
import { deleteRecoveryCodeSet } from './recovery-code-repository.ts'

/**
 * Lifeguard's own operation: deletes a user's recovery codes, such as codes that were lost or seen. A user who has none is no error: the
 * outcome is the same.
 */
export const adminDeleteRecoveryCodes = operation('AdminDeleteRecoveryCodes', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const found = await getUserByName(db, pool, request.Username)
    await db.transaction().execute(async (tx) => {
      const user = await getLockedUser(tx, found)
      const changedMembers = (await deleteRecoveryCodeSet(tx, user)) ? ['RecoveryCodes'] : []
      await audit.record(tx, { user, changedMembers })
    })
    return {}
  },
})

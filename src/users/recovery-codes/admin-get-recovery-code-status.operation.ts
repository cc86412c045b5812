import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { getUserByName } from '../user-repository.ts'
import { findRecoveryCodeSet } from './recovery-code-repository.ts'
import { writeRecoveryCodeStatus } from './wire.ts'

/** Lifeguard's own operation: how many recovery codes a user has left. */
export const adminGetRecoveryCodeStatus = operation('AdminGetRecoveryCodeStatus', {
  auth: 'iam',

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    return writeRecoveryCodeStatus(await findRecoveryCodeSet(db, user))
  },
})

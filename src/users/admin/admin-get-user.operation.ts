import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { writeMfa } from '../mfa/mfa-wire.ts'
import { getUserByName } from '../user-repository.ts'
import { writeAttributes, writeUserState } from '../wire.ts'

export const adminGetUser = operation('AdminGetUser', {
  auth: 'iam',

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    const user = await getUserByName(db, pool, request.Username)
    return { ...writeUserState(user), UserAttributes: writeAttributes(user), ...writeMfa(user) }
  },
})

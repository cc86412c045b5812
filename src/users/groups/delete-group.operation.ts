import { operation } from '../../contract/operation.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { deleteGroupRows } from './group-repository.ts'

/** The group goes whether or not somebody is in it. Its members stay users; tokens they hold say until they expire that they are in it. */
export const deleteGroup = operation('DeleteGroup', {
  auth: 'iam',

  async handle(request, { db, pools }: { db: Db; pools: PoolCatalog }) {
    const pool = await pools.getPool(request.UserPoolId)
    await db.transaction().execute((tx) => deleteGroupRows(tx, pool.id, request.GroupName))
  },
})

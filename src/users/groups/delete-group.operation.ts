import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import type { Db } from '../../storage/db.ts'
import { deleteGroupRow } from './group-repository.ts'

/** The group goes whether or not somebody is in it. Its members stay users; tokens they hold say until they expire that they are in it. */
export const deleteGroup = operation('DeleteGroup', {
  auth: 'iam',

  async handle(request, { db, clock }: { db: Db; clock: Clock }) {
    await db.transaction().execute(async (tx) => {
      await requireLockedPool(tx, request.UserPoolId)
      await deleteGroupRow(tx, request.UserPoolId, request.GroupName, clock.now())
    })
  },
})

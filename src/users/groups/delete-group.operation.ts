import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import { requireLockedPool } from '../../pools/change-pool.ts'
import type { Db } from '../../storage/db.ts'
import { deleteGroupRow } from './group-repository.ts'

/** Deletes the group, empty or not. Its members stay users. Tokens that they already have name the group until they expire. */
export const deleteGroup = operation('DeleteGroup', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock }: { db: Db; clock: Clock }, { audit }: AuditedCaller) {
    await db.transaction().execute(async (tx) => {
      await requireLockedPool(tx, request.UserPoolId)
      await deleteGroupRow(tx, request.UserPoolId, request.GroupName, clock.now())
      await audit.record(tx)
    })
  },
})

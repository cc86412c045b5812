import type { RoleCache } from '../../access/roles/role-cache.ts'
import { deleteRole as deleteStoredRole } from '../../access/roles/role-repository.ts'
import type { AuditedCaller } from '../../audit/audited-caller.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { roleNotFound } from './role-wire.ts'

type Deps = { db: Db; roleCache: RoleCache }

/** Lifeguard's own operation: deletes a role, which ends all its sessions. */
export const deleteRole = operation('DeleteRole', {
  auth: 'iam',
  isAudited: true,

  async handle({ RoleArn: arn }, { db, roleCache }: Deps, { audit }: AuditedCaller) {
    await db.transaction().execute(async (tx) => {
      if (!(await deleteStoredRole(tx, arn))) throw roleNotFound(arn)
      await audit.record(tx, { subject: arn })
    })
    await roleCache.announceChange(arn)
    return {}
  },
})

import { findRole } from '../../access/roles/role-repository.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { roleNotFound, writeRole } from './role-wire.ts'

type Deps = { db: Db }

/** Lifeguard's own operation: a role with its policies. */
export const getRole = operation('GetRole', {
  auth: 'iam',

  async handle({ RoleArn }, { db }: Deps) {
    const role = await findRole(db, RoleArn)
    if (role === undefined) throw roleNotFound(RoleArn)
    return { Role: writeRole(role) }
  },
})

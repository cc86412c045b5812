import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Quotas } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { changeIdentityPool } from '../change-identity-pool.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { readRoles, writeRoles } from './roles-wire.ts'

type Deps = { db: Db; clock: Clock; quotas: Quotas }

/** Replaces all roles and role mappings of the pool. */
export const setIdentityPoolRoles = operation('SetIdentityPoolRoles', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock, quotas }: Deps, { audit }: AuditedCaller) {
    const roles = readRoles(request, quotas)
    const write = (pool: IdentityPool) => writeRoles(pool.roles)
    await changeIdentityPool({ db, clock, audit }, request.IdentityPoolId, write, (pool) => ({ ...pool, roles }))
  },
})

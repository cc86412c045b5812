import type { AuditedCaller } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import { operation } from '../../contract/operation.ts'
import type { Db } from '../../storage/db.ts'
import { changeIdentityPool } from '../change-identity-pool.ts'
import type { IdentityPool } from '../identity-pool.ts'
import { findTagMap, readTagMap, withTagMap, writeTagMap } from './tag-attribute-map.ts'

type Deps = { db: Db; clock: Clock }

/** Replaces the map of one provider. */
export const setPrincipalTagAttributeMap = operation('SetPrincipalTagAttributeMap', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { db, clock }: Deps, { audit }: AuditedCaller) {
    const { IdentityPoolId, IdentityProviderName } = request
    const map = readTagMap(request)
    const write = (pool: IdentityPool) => writeTagMap(IdentityPoolId, IdentityProviderName, findTagMap(pool, IdentityProviderName))
    const change = (pool: IdentityPool) => withTagMap(pool, IdentityProviderName, map)
    return write(await changeIdentityPool({ db, clock, audit }, IdentityPoolId, write, change))
  },
})

import type { AuditTrail } from '../audit/audit-trail.ts'
import { type IamCaller, operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { SigningKeys } from './signing-keys.ts'

type Deps = { pools: PoolCatalog; signingKeys: SigningKeys; audit: AuditTrail }

/** Lifeguard's own: new keys sign the pool's tokens from now on, and the old ones stay in its JWK set until their tokens are gone. */
export const rotateSigningKeys = operation('RotateSigningKeys', {
  auth: 'iam',

  async handle(request, { pools, signingKeys, audit }: Deps, caller: IamCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    await signingKeys.rotate(pool.id, (tx) => audit.recordAudit(tx, { poolId: pool.id, action: 'RotateSigningKeys', caller }))
    return {}
  },
})

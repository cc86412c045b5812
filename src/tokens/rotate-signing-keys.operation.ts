import type { AuditTrail } from '../audit/audit-trail.ts'
import { type IamCaller, operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { SigningKeys } from './signing-keys.ts'

type Deps = { pools: PoolCatalog; signingKeys: SigningKeys; audit: AuditTrail }

/**
 * Lifeguard's own: new keys sign the pool's tokens from now on. The old ones stay in its JWK set until their tokens are gone, unless they
 * are to be revoked, as after a theft.
 */
export const rotateSigningKeys = operation('RotateSigningKeys', {
  auth: 'iam',

  async handle(request, { pools, signingKeys, audit }: Deps, caller: IamCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const revoke = request.RevokeOld === true
    const act = { poolId: pool.id, action: 'RotateSigningKeys', caller, detail: revoke ? 'old keys: revoked' : undefined }
    await signingKeys.rotate(pool.id, revoke ? 'revoked' : 'published', (tx) => audit.recordAudit(tx, act))
    return {}
  },
})

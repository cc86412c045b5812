import type { AuditTrail } from '../audit/audit-trail.ts'
import { type IamCaller, operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { SigningKeys } from './signing-keys.ts'

type Deps = { pools: PoolCatalog; signingKeys: SigningKeys; audit: AuditTrail }

/**
 * Lifeguard's own operation: new keys sign the pool's tokens from now on. The old keys stay in the pool's JWK set until all their tokens
 * have expired. With `RevokeOld`, as after a theft, they are removed at once.
 */
export const rotateSigningKeys = operation('RotateSigningKeys', {
  auth: 'iam',

  async handle(request, { pools, signingKeys, audit }: Deps, caller: IamCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const revoke = request.RevokeOld === true
    const auditRecord = { poolId: pool.id, action: 'RotateSigningKeys', caller, detail: revoke ? 'old keys: revoked' : undefined }
    await signingKeys.rotate(pool.id, revoke ? 'revoked' : 'published', (tx) => audit.recordAudit(tx, auditRecord))
    return {}
  },
})

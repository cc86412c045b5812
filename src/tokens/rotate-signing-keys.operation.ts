import type { AuditedCaller } from '../audit/audited-caller.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { SigningKeys } from './signing-keys.ts'

type Deps = { pools: PoolCatalog; signingKeys: SigningKeys }

/**
 * Lifeguard's own operation: new keys sign the pool's tokens from now on. The old keys stay in the pool's JWK set until all their tokens
 * have expired. With `RevokeOld`, as after a theft, they are removed at once.
 */
export const rotateSigningKeys = operation('RotateSigningKeys', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { pools, signingKeys }: Deps, { audit }: AuditedCaller) {
    const pool = await pools.getPool(request.UserPoolId)
    const revoke = request.RevokeOld === true
    const detail = revoke ? 'old keys: revoked' : undefined
    await signingKeys.rotate(pool.id, revoke ? 'revoked' : 'published', (tx) => audit.record(tx, { detail }))
    return {}
  },
})

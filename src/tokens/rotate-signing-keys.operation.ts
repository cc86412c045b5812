import type { AuditedCaller } from '../audit/audited-caller.ts'
import { invalidParameter } from '../contract/api-error.ts'
import { operation } from '../contract/operation.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { identityPoolKeys, type SigningKeys } from './signing-keys.ts'

type Deps = { pools: PoolCatalog; signingKeys: SigningKeys }

/**
 * Lifeguard's own operation: new keys sign the pool's tokens from now on. The old keys stay in the pool's JWK set until all their tokens
 * have expired. With `RevokeOld`, as after a theft, they are removed at once. With `IdentityPools` the call is about the key of all
 * identity pools.
 */
export const rotateSigningKeys = operation('RotateSigningKeys', {
  auth: 'iam',
  isAudited: true,

  async handle(request, { pools, signingKeys }: Deps, { audit }: AuditedCaller) {
    const { UserPoolId, IdentityPools = false } = request
    if (IdentityPools === (UserPoolId !== undefined)) throw invalidParameter('Either UserPoolId or IdentityPools must be provided.')
    const owner = UserPoolId === undefined ? identityPoolKeys : (await pools.getPool(UserPoolId)).id
    const revoke = request.RevokeOld === true
    const detail = revoke ? 'old keys: revoked' : undefined
    const subject = IdentityPools ? identityPoolKeys : undefined
    await signingKeys.rotate(owner, revoke ? 'revoked' : 'published', (tx) => audit.record(tx, { subject, detail }))
    return {}
  },
})

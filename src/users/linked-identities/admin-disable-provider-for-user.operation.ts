import { type AuditedCall, type AuditedCaller, withDetail } from '../../audit/audited-caller.ts'
import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import { operation } from '../../contract/operation.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import type { Db } from '../../storage/db.ts'
import { changeFoundUser, changeUser } from '../admin/change-user.ts'
import { findOwner } from '../user-name-repository.ts'
import { findUser } from '../user-repository.ts'
import { isOwnDirectory, type ProviderIdentity, readIdentity, requireValue } from './identity-request.ts'
import { identityAlias } from './linked-identity.ts'
import { withoutIdentity } from './unlink-identity.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; audit: AuditedCall }

/**
 * Unlinks an identity at a provider from its user. For the provider `Cognito`, removes the user's password: then the user signs in only
 * with linked identities.
 */
export const adminDisableProviderForUser = operation('AdminDisableProviderForUser', {
  auth: 'iam',
  isAudited: true,

  async handle(request, services: Omit<Deps, 'audit'>, caller: AuditedCaller) {
    const pool = await services.pools.getPool(request.UserPoolId)
    const { ProviderName, ProviderAttributeValue } = request.User
    const deps = { ...services, audit: withDetail(caller.audit, `provider: ${ProviderName ?? 'Cognito'}`) }
    if (isOwnDirectory(ProviderName)) await removePassword(deps, pool, requireValue('ProviderAttributeValue', ProviderAttributeValue))
    else await unlink(deps, pool, await readIdentity(deps, pool, request.User))
    return {}
  },
})

async function removePassword({ db, clock, audit }: Deps, pool: Pool, username: string): Promise<void> {
  await changeUser({ db, audit }, pool, username, (user) => ({
    ...user,
    status: 'EXTERNAL_PROVIDER',
    password: null,
    passwordExpiresAt: null,
    updatedAt: clock.now(),
  }))
}

async function unlink({ db, clock, audit }: Deps, pool: Pool, { provider, attributeName, userId }: ProviderIdentity): Promise<void> {
  const identity = { providerName: provider.id, userId, ...(attributeName !== undefined && { attributeName }) }
  const owner = await findOwner(db, pool, identityAlias(identity))
  const user = owner === undefined ? undefined : await findUser(db, pool.id, owner)
  if (user === undefined) throw new ApiError('UserNotFoundException', 'User does not exist.')
  await changeFoundUser({ db, audit }, pool, user, (before, tx) => withoutIdentity(tx, pool, before, { identity, now: clock.now() }))
}

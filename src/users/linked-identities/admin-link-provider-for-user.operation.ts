import type { Clock } from '../../base/clock.ts'
import type { Secrets } from '../../base/secrets.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { ProviderUserIdentifierType } from '../../contract/generated/types.ts'
import { operation } from '../../contract/operation.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolCatalog } from '../../pools/pool-catalog.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { changeFoundUser } from '../admin/change-user.ts'
import type { User } from '../user.ts'
import { findOwner, findUserByName, getUserByName } from '../user-repository.ts'
import { isOwnDirectory, readIdentity, requireValue } from './identity-request.ts'
import { identitiesOf, identityAlias, type LinkedIdentity, withIdentities } from './linked-identity.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; quotas: Quotas }

/** From now on, whoever signs in as that somebody at the provider is this user. They must not have a profile of their own yet. */
export const adminLinkProviderForUser = operation('AdminLinkProviderForUser', {
  auth: 'iam',

  async handle(request, deps: Deps) {
    const { db, clock, pools, quotas } = deps
    const pool = await pools.getPool(request.UserPoolId)
    const destination = await findDestination(db, pool, request.DestinationUser)
    const { provider, attributeName, userId } = await readIdentity(deps, pool, request.SourceUser)
    const identity: LinkedIdentity = {
      providerName: provider.id,
      providerType: provider.config.type,
      userId,
      ...(attributeName !== undefined && { attributeName }),
      primary: false,
      dateCreated: clock.now(),
    }
    await requireUnknown(db, pool, identity)
    await changeFoundUser(db, pool, destination, (user) => {
      const identities = [...identitiesOf(user.attributes), identity]
      requireWithinQuota(quotas, 'linkedIdentitiesPerUser', identities.filter(({ primary }) => !primary).length)
      return { ...user, attributes: withIdentities(user.attributes, identities), updatedAt: clock.now() }
    })
    return {}
  },
})

/** A user of the pool itself, by name, or one who came from a provider, by provider and subject. */
function findDestination(db: Db, pool: Pool, named: ProviderUserIdentifierType): Promise<User> {
  const name = requireValue('ProviderAttributeValue', named.ProviderAttributeValue)
  return getUserByName(db, pool, isOwnDirectory(named.ProviderName) ? name : `${named.ProviderName}_${name}`)
}

async function requireUnknown(db: Db, pool: Pool, identity: LinkedIdentity): Promise<void> {
  const hasProfile = await findUserByName(db, pool, `${identity.providerName}_${identity.userId}`)
  const isLinked = await findOwner(db, pool.id, identityAlias(identity))
  if (hasProfile === undefined && isLinked === undefined) return
  throw new ApiError('AliasExistsException', 'The source user already exists, or is linked to a user.')
}

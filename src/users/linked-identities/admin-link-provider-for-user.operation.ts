import { type AuditedCaller, withDetail } from '../../audit/audited-caller.ts'
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
import { findOwner } from '../user-name-repository.ts'
import { findUser, getUserByName } from '../user-repository.ts'
import { isOwnDirectory, readIdentity, requireValue } from './identity-request.ts'
import { keepLinkAttribute } from './link-attribute-repository.ts'
import { identitiesOf, identityAlias, type LinkedIdentity, withIdentities } from './linked-identity.ts'

type Deps = { db: Db; clock: Clock; secrets: Secrets; pools: PoolCatalog; quotas: Quotas }

/**
 * Links an identity at a provider to a user: from then on a sign-in with the identity signs in this user. The identity must not have a user
 * of its own yet.
 */
export const adminLinkProviderForUser = operation('AdminLinkProviderForUser', {
  auth: 'iam',
  isAudited: true,

  async handle(request, deps: Deps, { audit }: AuditedCaller) {
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
    await requireUnused(db, pool, identity, destination)
    const recorded = withDetail(audit, `provider: ${provider.id}`)
    await changeFoundUser({ db, audit: recorded }, pool, destination, async (user, tx) => {
      if (attributeName !== undefined) {
        await keepLinkAttribute(tx, quotas, { poolId: pool.id, providerName: provider.id, attributeName, now: clock.now() })
      }
      const identities = [...identitiesOf(user.attributes), identity]
      requireWithinQuota(quotas, 'linkedIdentitiesPerUser', identities.filter(({ primary }) => !primary).length)
      return { ...user, attributes: withIdentities(user.attributes, identities), updatedAt: clock.now() }
    })
    return {}
  },
})

/** Finds the user to link to: a local user by username, a user who came from a provider by its name and the subject. */
async function findDestination(db: Db, pool: Pool, { ProviderName, ProviderAttributeValue }: ProviderUserIdentifierType): Promise<User> {
  const value = requireValue('ProviderAttributeValue', ProviderAttributeValue)
  if (ProviderName === undefined || isOwnDirectory(ProviderName)) return getUserByName(db, pool, value)
  const owner = await findOwner(db, pool, identityAlias({ providerName: ProviderName, userId: value }))
  const linked = owner === undefined ? undefined : await findUser(db, pool.id, owner)
  if (linked !== undefined) return linked
  // Apps that read the subject in the username have it in lower case where the pool ignores case.
  const named = await getUserByName(db, pool, `${ProviderName}_${value}`)
  // A local user may have the name of a user of the provider.
  if (identitiesOf(named.attributes).some(({ primary }) => primary)) return named
  throw new ApiError('UserNotFoundException', 'User does not exist.')
}

/** The errors of Cognito, by which apps tell the cases apart. */
async function requireUnused(db: Db, pool: Pool, identity: LinkedIdentity, destination: User): Promise<void> {
  const { key } = identityAlias(identity)
  const owner = await findOwner(db, pool, identityAlias(identity))
  if (owner === undefined) return
  if (owner === destination.sub) throw new ApiError('InvalidParameterException', 'SourceUser is already linked to DestinationUser')
  const user = await findUser(db, pool.id, owner)
  // A user who was merged into another one has no profile any more.
  const hasSignedUp = user !== undefined && identitiesOf(user.attributes).some((one) => one.primary && identityAlias(one).key === key)
  if (hasSignedUp) {
    const message = 'Merging is not currently supported, provide a SourceUser that has not been signed up in order to link'
    throw new ApiError('InvalidParameterException', message)
  }
  throw new ApiError('AliasExistsException', 'The source user is linked to another user.')
}

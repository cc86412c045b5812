import type { Clock } from '../../base/clock.ts'
import type { ProviderType } from '../../pools/identity-providers/identity-provider.ts'
import type { Pool } from '../../pools/pool.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../../users/account-notices/queue-account-notice.ts'
import { changeFoundUser } from '../../users/admin/change-user.ts'
import { identitiesOf, identityAlias, withIdentities } from '../../users/linked-identities/linked-identity.ts'
import type { User } from '../../users/user.ts'
import type { FederatedIdentity } from '../federated-identity.ts'
import { FederationError } from '../federation-error.ts'
import { hasVerifiedAddress } from './find-twin.ts'

/** What links an identity, and tells the user. */
export type LinkIdentityDeps = AccountNoticeDeps & { readonly db: Db; readonly clock: Clock; readonly quotas: Quotas }

/** What is stored of an identity at a provider. */
export type IdentityToLink = Pick<FederatedIdentity, 'subject' | 'issuer'> & {
  readonly providerName: string
  readonly providerType: ProviderType
}

/**
 * Links an identity to a user who exists. Does nothing when it is linked to the user already.
 *
 * With `email`, the user must still have this address, verified: the policy links by nothing else.
 *
 * @throws ApiError AliasExistsException when another user has the identity, and LimitExceededException when the user has too many.
 */
export async function linkIdentity(
  deps: LinkIdentityDeps,
  pool: Pool,
  user: User,
  identity: IdentityToLink,
  { email, clientId }: { readonly email?: string | undefined; readonly clientId: string },
): Promise<User> {
  const { db, clock, quotas } = deps
  const { providerName, providerType, subject, issuer } = identity
  const now = clock.now()
  const linked = {
    providerName,
    providerType,
    userId: subject,
    ...(issuer !== undefined && { issuer }),
    primary: false,
    dateCreated: now,
  }
  const after = await changeFoundUser({ db, audit: undefined }, pool, user, async (before, tx) => {
    const identities = identitiesOf(before.attributes)
    if (identities.some((one) => identityAlias(one).key === identityAlias(linked).key)) return before
    if (email !== undefined && !(before.enabled && hasVerifiedAddress(before, email))) throw changedMeanwhile()
    const all = [...identities, linked]
    requireWithinQuota(quotas, 'linkedIdentitiesPerUser', all.filter(({ primary }) => !primary).length)
    await queueAccountNotice(tx, deps, { pool, user: before, change: 'IDENTITY', clientId, provider: providerName, now })
    return { ...before, attributes: withIdentities(before.attributes, all), updatedAt: now }
  })
  await sendAccountNotices(deps, pool)
  return after
}

const changedMeanwhile = () =>
  new FederationError('The user with the email address of the identity has changed. Try again.', { reason: 'refused' })

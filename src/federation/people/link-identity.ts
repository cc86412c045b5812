import type { Clock } from '../../base/clock.ts'
import type { ProviderType } from '../../pools/identity-providers/identity-provider.ts'
import type { Pool } from '../../pools/pool.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import type { Db } from '../../storage/db.ts'
import { changeFoundUser } from '../../users/admin/change-user.ts'
import { identitiesOf, identityAlias, withIdentities } from '../../users/linked-identities/linked-identity.ts'
import type { User } from '../../users/user.ts'
import type { FederatedIdentity } from '../federated-identity.ts'
import { FederationError } from '../federation-error.ts'
import { hasVerifiedAddress } from './find-twin.ts'

type Deps = { readonly db: Db; readonly clock: Clock; readonly quotas: Quotas }

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
  { db, clock, quotas }: Deps,
  pool: Pool,
  user: User,
  identity: IdentityToLink,
  { email }: { readonly email?: string | undefined } = {},
): Promise<User> {
  const { providerName, providerType, subject, issuer } = identity
  const linked = {
    providerName,
    providerType,
    userId: subject,
    ...(issuer !== undefined && { issuer }),
    primary: false,
    dateCreated: clock.now(),
  }
  return changeFoundUser({ db, audit: undefined }, pool, user, (before) => {
    const identities = identitiesOf(before.attributes)
    if (identities.some((one) => identityAlias(one).key === identityAlias(linked).key)) return before
    if (email !== undefined && !(before.enabled && hasVerifiedAddress(before, email))) throw changedMeanwhile()
    const all = [...identities, linked]
    requireWithinQuota(quotas, 'linkedIdentitiesPerUser', all.filter(({ primary }) => !primary).length)
    return { ...before, attributes: withIdentities(before.attributes, all), updatedAt: clock.now() }
  })
}

const changedMeanwhile = () =>
  new FederationError('The user with the email address of the identity has changed. Try again.', { reason: 'refused' })

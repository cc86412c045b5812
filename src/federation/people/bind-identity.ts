import type { Clock } from '../../base/clock.ts'
import { providerExtensionOf } from '../../pools/extensions/federation-extension.ts'
import { federationOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { changeFoundUser } from '../../users/admin/change-user.ts'
import { identitiesOf, identityAlias, type LinkedIdentity, withIdentities } from '../../users/linked-identities/linked-identity.ts'
import type { User } from '../../users/user.ts'
import { FederationError } from '../federation-error.ts'
import type { FoundUser } from './find-federated-user.ts'
import type { IdentityToLink } from './link-identity.ts'

type Deps = { readonly db: Db; readonly clock: Clock }

/**
 * Ties the stored identity that has found the user to its subject and issuer. An identity that was linked by another attribute is tied to the
 * subject at its first sign-in: the provider may give the value of the attribute to another of its users later. From then on
 * AdminDisableProviderForUser takes the subject, as at Cognito. An identity without an issuer takes that of the sign-in.
 *
 * @throws FederationError when the stored identity is of another issuer, which the pool does not name as a previous one. Two issuers may give
 * the same subject to different people.
 * @throws FederationError when the user does not have the identity any more: it was unlinked, or another subject with the same value of the
 * attribute was faster.
 */
export async function bindIdentity({ db, clock }: Deps, pool: Pool, { user, key }: FoundUser, identity: IdentityToLink): Promise<User> {
  const boundOf = ({ attributes }: User) =>
    identitiesOf(attributes).map((stored) => (identityAlias(stored).key === key ? bound(pool, stored, identity) : stored))
  const present = identitiesOf(user.attributes)
  if (boundOf(user).every((one, at) => isBoundAs(one, present[at]))) {
    requireIdentity(present, identity)
    return user
  }
  return changeFoundUser({ db, audit: undefined }, pool, user, (before) => {
    const identities = boundOf(before)
    requireIdentity(identities, identity)
    return { ...before, attributes: withIdentities(before.attributes, identities), updatedAt: clock.now() }
  })
}

function requireIdentity(identities: readonly LinkedIdentity[], { providerName, subject }: IdentityToLink): void {
  const { key } = identityAlias({ providerName, userId: subject })
  if (identities.some((one) => identityAlias(one).key === key)) return
  throw new FederationError('The identity is no longer linked to the user. Try again.', { reason: 'refused' })
}

const isBoundAs = (one: LinkedIdentity, other: LinkedIdentity | undefined): boolean =>
  one.attributeName === other?.attributeName && one.issuer === other?.issuer && one.providerType === other?.providerType

function bound(pool: Pool, stored: LinkedIdentity, identity: IdentityToLink): LinkedIdentity {
  const { providerType, subject, issuer } = identity
  if (!isOfProvider(pool, stored, identity)) throw otherIssuer(stored, identity)
  if (stored.attributeName === undefined && isOfIssuer(stored, identity)) return stored
  const { attributeName: _linkedBy, ...rest } = stored
  return { ...rest, providerType, userId: subject, ...(issuer !== undefined && { issuer }) }
}

type Issuer = Pick<IdentityToLink, 'providerName' | 'providerType' | 'issuer'>

/**
 * Whether a stored identity of a provider is one of its present issuer. One that has not signed in yet has no issuer. The pool may name
 * previous issuers, whose identities are those of the present one.
 */
export function isOfProvider(pool: Pool, stored: LinkedIdentity, issuer: Issuer): boolean {
  const { previousIssuers } = providerExtensionOf(federationOf(pool), issuer.providerName)
  if (stored.issuer === undefined || isOfIssuer(stored, issuer)) return true
  return previousIssuers.some((previous) => isSameIssuer(stored.issuer, previous))
}

/** Providers of two types may have one issuer, but give other subjects. */
const isOfIssuer = (stored: LinkedIdentity, { providerType, issuer }: Issuer): boolean =>
  stored.providerType === providerType && isSameIssuer(stored.issuer, issuer)

/** The settings of a provider may lack the last slash of an issuer that its metadata has. */
const isSameIssuer = (one: string | undefined, other: string | undefined): boolean => one?.replace(/\/$/, '') === other?.replace(/\/$/, '')

/** The app learns neither of the issuers. The log has both, and not the subject. */
function otherIssuer(stored: LinkedIdentity, { providerName, providerType, issuer }: IdentityToLink): FederationError {
  const words = `The user has an identity of the ${stored.providerType} issuer ${stored.issuer}. The sign-in is of the ${providerType} issuer ${issuer}.`
  return new FederationError(
    `${providerName} Error - the user has an account of another issuer. The administrator has to allow the change of the issuer.`,
    { reason: 'refused', cause: new Error(words) },
  )
}

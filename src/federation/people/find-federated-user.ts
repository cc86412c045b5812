import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { identityAlias } from '../../users/linked-identities/linked-identity.ts'
import type { User } from '../../users/user.ts'
import { findOwner, findUser } from '../../users/user-repository.ts'
import { claimIn, type FederatedIdentity } from '../federated-identity.ts'

export type FoundUser = {
  readonly user: User
  /** The key of the identity that has found the user. */
  readonly key: string
}

/**
 * The user whom the identity signs in: the one who is linked to its subject, or else to the value of an attribute that
 * AdminLinkProviderForUser named. Undefined at the first sign-in.
 */
export async function findFederatedUser(
  db: Db | Tx,
  pool: Pool,
  { provider, subject, claims }: Pick<FederatedIdentity, 'provider' | 'subject' | 'claims'>,
): Promise<FoundUser | undefined> {
  const providerName = provider.id
  const bySubject = identityAlias({ providerName, userId: subject })
  // Administrators name the attribute of the pool that the value is mapped to.
  const byAttribute = Object.entries(provider.config.attributeMapping).flatMap(([attributeName, claim]) => {
    const userId = claimIn(claims, claim)
    return userId ? [identityAlias({ providerName, attributeName, userId })] : []
  })
  for (const alias of [bySubject, ...(provider.config.type === 'OIDC' || provider.config.type === 'SAML' ? byAttribute : [])]) {
    const owner = await findOwner(db, pool.id, alias)
    const user = owner === undefined ? undefined : await findUser(db, pool.id, owner)
    if (user !== undefined) return { user, key: alias.key }
  }
  return undefined
}

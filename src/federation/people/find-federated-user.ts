import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { findLinkAttributes } from '../../users/linked-identities/link-attribute-repository.ts'
import { identityAlias } from '../../users/linked-identities/linked-identity.ts'
import type { Alias, User } from '../../users/user.ts'
import { findFirstOwner } from '../../users/user-name-repository.ts'
import { findUser } from '../../users/user-repository.ts'
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
export async function findFederatedUser(db: Db | Tx, pool: Pool, identity: Searched): Promise<FoundUser | undefined> {
  const { provider, subject } = identity
  const bySubject = identityAlias({ providerName: provider.id, userId: subject })
  const { type } = provider.config
  return (
    (await findUserOf(db, pool, [bySubject])) ??
    (type === 'OIDC' || type === 'SAML' ? findUserOf(db, pool, await aliasesByAttribute(db, pool, identity)) : undefined)
  )
}

type Searched = Pick<FederatedIdentity, 'provider' | 'subject' | 'claims'>

async function findUserOf(db: Db | Tx, pool: Pool, aliases: readonly Alias[]): Promise<FoundUser | undefined> {
  const found = await findFirstOwner(db, pool, aliases)
  const user = found && (await findUser(db, pool.id, found.sub))
  return found === undefined || user === undefined ? undefined : { user, key: found.alias.key }
}

/**
 * Links may name an attribute of the pool, which stands for the claim that is mapped to it, or a claim by its own name. Mapped attributes
 * are always looked for: earlier releases did not keep the names of those that were used.
 */
async function aliasesByAttribute(db: Db | Tx, pool: Pool, { provider, claims }: Searched): Promise<readonly Alias[]> {
  const mapping = new Map(Object.entries(provider.config.attributeMapping))
  const names = new Set([...mapping.keys(), ...(await findLinkAttributes(db, pool.id, provider.id))])
  return [...names].flatMap((attributeName) => {
    const userId = claimIn(claims, mapping.get(attributeName) ?? attributeName)
    return userId ? [identityAlias({ providerName: provider.id, attributeName, userId })] : []
  })
}

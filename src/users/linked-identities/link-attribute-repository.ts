import { resourceKind } from '../../pools/pool-resource.ts'
import { findResource, insertResource, lockResource, updateResource } from '../../pools/pool-resource-repository.ts'
import { type Quotas, requireWithinQuota } from '../../pools/quotas.ts'
import type { Db, Tx } from '../../storage/db.ts'

/**
 * The names of the attributes by which identities of a provider are linked. The id is the name of the provider. The names stay when the
 * provider is deleted, as the links do.
 */
const linkAttributes = resourceKind<{ readonly names: readonly string[] }>('identity-provider-link-attributes')

/** The names of the attributes by which identities of the provider are linked, or were. The subject is not among them. */
export async function findLinkAttributes(db: Db | Tx, poolId: string, providerName: string): Promise<readonly string[]> {
  return (await findResource(db, poolId, linkAttributes, providerName))?.config.names ?? []
}

type LinkAttribute = { readonly poolId: string; readonly providerName: string; readonly attributeName: string; readonly now: number }

/**
 * From now on sign-ins look for links by this attribute.
 *
 * @throws ApiError LimitExceededException when identities of the provider are linked by too many other attributes.
 */
export async function keepLinkAttribute(
  tx: Tx,
  quotas: Quotas,
  { poolId, providerName, attributeName, now }: LinkAttribute,
): Promise<void> {
  // Names are never removed, so one that is there needs no lock.
  if ((await findLinkAttributes(tx, poolId, providerName)).includes(attributeName)) return
  await insertResource(tx, poolId, linkAttributes, { id: providerName, createdAt: now, updatedAt: now, config: { names: [] } })
  const stored = await lockResource(tx, poolId, linkAttributes, providerName)
  const names = [...new Set([...(stored?.config.names ?? []), attributeName])]
  requireWithinQuota(quotas, 'linkAttributesPerProvider', names.length)
  await updateResource(tx, poolId, linkAttributes, { id: providerName, createdAt: now, updatedAt: now, config: { names } })
}

import type { Secrets } from '../../base/secrets.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { Db, Tx } from '../../storage/db.ts'
import {
  deleteResource,
  findResource,
  findResources,
  insertResource,
  listResourceIds,
  listResources,
  lockResource,
  updateResource,
} from '../pool-resource-repository.ts'
import type { IdentityProvider, OfferedProvider, ProviderSummary, ProviderType } from './identity-provider.ts'
import { fromStored, identityProviders, providerIdentifiers, toStored } from './identity-provider-row.ts'

/** False when the pool already has a provider with that name. */
export async function insertIdentityProvider(tx: Tx, secrets: Secrets, poolId: string, provider: IdentityProvider): Promise<boolean> {
  return insertResource(tx, poolId, identityProviders, toStored(poolId, provider, secrets))
}

export async function findIdentityProvider(
  db: Db | Tx,
  secrets: Secrets,
  poolId: string,
  name: string,
): Promise<IdentityProvider | undefined> {
  const stored = await findResource(db, poolId, identityProviders, name)
  return stored && fromStored(poolId, stored, secrets)
}

/** Those of `names` that are names of SAML providers of the pool, in no particular order. */
export async function findSamlProviders(
  db: Db | Tx,
  secrets: Secrets,
  poolId: string,
  names: readonly string[],
): Promise<readonly IdentityProvider[]> {
  const found = await findResources(db, poolId, identityProviders, names)
  return found.filter(({ config }) => config.type === 'SAML').map((stored) => fromStored(poolId, stored, secrets))
}

/** The SAML providers among the first `limit` providers of the pool, ordered by name. */
export async function listSamlProviders(
  db: Db | Tx,
  secrets: Secrets,
  poolId: string,
  limit: number,
): Promise<readonly IdentityProvider[]> {
  const found = await listResources(db, poolId, identityProviders, { after: undefined, limit })
  return found.filter(({ config }) => config.type === 'SAML').map((stored) => fromStored(poolId, stored, secrets))
}

export async function findProviderByIdentifier(
  db: Db | Tx,
  secrets: Secrets,
  poolId: string,
  identifier: string,
): Promise<IdentityProvider | undefined> {
  const found = await findResource(db, poolId, providerIdentifiers, identifier)
  return found && findIdentityProvider(db, secrets, poolId, found.config.provider)
}

/** The name of the provider that has the identifier. */
export async function findProviderNameByIdentifier(db: Db | Tx, poolId: string, identifier: string): Promise<string | undefined> {
  return (await findResource(db, poolId, providerIdentifiers, identifier))?.config.provider
}

/** The stored provider, locked until the transaction ends. */
export async function lockIdentityProvider(tx: Tx, secrets: Secrets, poolId: string, name: string): Promise<IdentityProvider | undefined> {
  const stored = await lockResource(tx, poolId, identityProviders, name)
  return stored && fromStored(poolId, stored, secrets)
}

export async function updateIdentityProvider(tx: Tx, secrets: Secrets, poolId: string, provider: IdentityProvider): Promise<void> {
  await updateResource(tx, poolId, identityProviders, toStored(poolId, provider, secrets))
}

/** Deletes the provider and its identifiers. False when the pool has no such provider. */
export async function deleteIdentityProvider(tx: Tx, poolId: string, name: string): Promise<boolean> {
  const stored = await lockResource(tx, poolId, identityProviders, name)
  if (stored === undefined) return false
  for (const identifier of stored.config.identifiers) await deleteResource(tx, poolId, providerIdentifiers, identifier)
  return deleteResource(tx, poolId, identityProviders, name)
}

/** Providers ordered by name, beginning after the name `after`. */
export async function listIdentityProviders(
  db: Db | Tx,
  poolId: string,
  page: { after: string | undefined; limit: number },
): Promise<readonly ProviderSummary[]> {
  const found = await listResources(db, poolId, identityProviders, page)
  return found.map(({ id, createdAt, updatedAt, config }) => ({ id, createdAt, updatedAt, type: config.type }))
}

/** More than a pool can have. */
export const allProviders = 10_000

/** The names of the pool's providers, at most `limit` of them. */
export async function listProviderNames(db: Db | Tx, poolId: string, limit: number): Promise<readonly string[]> {
  return listResourceIds(db, poolId, identityProviders, limit)
}

/** Those of `names` that are names of providers of the pool. */
export async function findProviderNames(db: Db | Tx, poolId: string, names: readonly string[]): Promise<ReadonlySet<string>> {
  return new Set((await findResources(db, poolId, identityProviders, names)).map(({ id }) => id))
}

/** Those of `names` that are names of providers of the pool, in the order of `names`. */
export async function findOffered(db: Db | Tx, poolId: string, names: readonly string[]): Promise<readonly OfferedProvider[]> {
  const found = new Map((await findResources(db, poolId, identityProviders, names)).map((provider) => [provider.id, provider.config]))
  return names.flatMap((name) => {
    const config = found.get(name)
    return config === undefined ? [] : [{ name, type: config.type, identifiers: config.identifiers }]
  })
}

/** The types of those of `names` that are names of providers of the pool. */
export async function listProviderTypes(db: Db | Tx, poolId: string, names: readonly string[]): Promise<ReadonlyMap<string, ProviderType>> {
  return new Map((await findResources(db, poolId, identityProviders, names)).map(({ id, config }) => [id, config.type]))
}

/**
 * Stores the identifiers of the provider in place of its earlier identifiers, `before`.
 * @throws ApiError InvalidParameterException when another provider of the pool has one of the identifiers
 */
export async function replaceIdentifiers(tx: Tx, poolId: string, provider: IdentityProvider, before: readonly string[]): Promise<void> {
  const { id: name, updatedAt: now, config } = provider
  for (const identifier of before) {
    if (!config.identifiers.includes(identifier)) await deleteResource(tx, poolId, providerIdentifiers, identifier)
  }
  for (const identifier of config.identifiers) {
    if (before.includes(identifier)) continue
    const record = { id: identifier, createdAt: now, updatedAt: now, config: { provider: name } }
    if (await insertResource(tx, poolId, providerIdentifiers, record)) continue
    throw invalidParameter(`The identifier ${identifier} belongs to another identity provider of this user pool.`)
  }
}

import { invalidParameter } from '../../contract/api-error.ts'
import type { Db } from '../../storage/db.ts'
import { nameKey, type Pool } from '../pool.ts'
import { allProviders, listProviderNames } from './identity-provider-repository.ts'

/**
 * Refuses a name that begins like the usernames of a provider's users, such as `Corp_ana`. A user with this name would be taken for a user of
 * the provider. The refusal does not depend on whether the provider has such a user. Only names that visitors and users choose are checked:
 * administrators may give any name. `label` says in the error what kind of name it is.
 *
 * @throws ApiError InvalidParameterException when the name begins with the name of a provider of the pool and an underscore
 */
export async function requireUnreservedName(db: Db, pool: Pool, label: 'Username' | 'Preferred username', name: string): Promise<void> {
  const beginnings = [...name.matchAll(/_/g)].map(({ index }) => nameKey(pool, name.slice(0, index)))
  if (beginnings.length === 0) return
  const providers = await listProviderNames(db, pool.id, allProviders)
  const provider = providers.find((one) => beginnings.includes(nameKey(pool, one)))
  if (provider === undefined) return
  throw invalidParameter(`${label} cannot begin with ${provider}_: these names are for users of the identity provider ${provider}.`)
}

import { invalidParameter } from '../../contract/api-error.ts'
import type { Db } from '../../storage/db.ts'
import { nameKey, type Pool } from '../pool.ts'
import { listProviderNames } from './identity-provider-repository.ts'

/** More than a pool can have. */
const allProviders = 10_000

/**
 * Refuses a username that begins like those of the users of a provider, such as `Corp_ana`. A user with this name would be taken for a user
 * of the provider. The refusal does not depend on whether the provider has such a user. Only names that visitors choose are checked:
 * administrators may give any name.
 *
 * @throws ApiError InvalidParameterException when the username begins with the name of a provider of the pool and an underscore
 */
export async function requireUnreservedUsername(db: Db, pool: Pool, username: string): Promise<void> {
  const beginnings = [...username.matchAll(/_/g)].map(({ index }) => nameKey(pool, username.slice(0, index)))
  if (beginnings.length === 0) return
  const names = await listProviderNames(db, pool.id, allProviders)
  const name = names.find((one) => beginnings.includes(nameKey(pool, one)))
  if (name === undefined) return
  throw invalidParameter(`Username cannot begin with ${name}_: these usernames are for users of the identity provider ${name}.`)
}

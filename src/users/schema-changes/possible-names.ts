import { invalidParameter } from '../../contract/api-error.ts'
import { extensionsOf } from '../../pools/extensions/pool-extensions.ts'
import { allProviders, listProviderNames } from '../../pools/identity-providers/identity-provider-repository.ts'
import { nameKey, type Pool } from '../../pools/pool.ts'
import { nameRulesOf, withNames } from '../../pools/schema-changes/name-change.ts'
import type { WantedChange } from '../../pools/schema-changes/schema-change.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { hasWeakNames } from '../merging/weak-name-repository.ts'

/**
 * Checks what the pool has beside its schema, and that a change could not keep right. Call it under the lock of the pool as well.
 * @throws ApiError InvalidParameterException, which says what to do first
 */
export async function requirePossibleNames(db: Db | Tx, pool: Pool, { names }: WantedChange): Promise<void> {
  const { formerPool, testUsers } = extensionsOf(pool)
  // The attributes of users who still come over have the names and types of the former pool.
  if (formerPool !== undefined) {
    throw invalidParameter('The user pool still takes users from a former pool, so its schema cannot be changed. End that first.')
  }
  if (names === undefined) return
  const { before, after } = nameRulesOf(pool, names)
  // Test users are named by what users sign in with. The same name could be another user's afterwards.
  if (names.usernameAttributes !== undefined && testUsers.length > 0) {
    throw invalidParameter(
      'The user pool has TestUsers, so its UsernameAttributes cannot be changed. Remove them first (SetUserPoolExtensions).',
    )
  }
  if (before.caseSensitive === false && after.caseSensitive !== false && (await hasWeakNames(db, pool.id))) {
    throw invalidParameter(
      'Names of merged users, or former usernames that are reserved, are kept without their case, so the user pool cannot heed case.',
    )
  }
  const providers = await listProviderNames(db, pool.id, allProviders)
  const keys = providers.map((name) => nameKey(withNames(pool, after), name))
  const twin = providers.find((_, at) => keys.indexOf(keys[at] ?? '') !== at)
  if (twin !== undefined)
    throw invalidParameter(`Two identity providers of the user pool differ only in case: ${twin}. Rename one of them.`)
}

import { newCode } from '../base/ids.ts'
import type { Secrets } from '../base/secrets.ts'
import { openTestCode } from '../pools/extensions/extensions-wire.ts'
import { extensionsOf, type TestUser } from '../pools/extensions/pool-extensions.ts'
import { nameKey, type Pool } from '../pools/pool.ts'

/** Somebody of a pool, by what they are called there. */
type Named = { readonly username: string; readonly attributes: Readonly<Record<string, string>> }

/** Whom a code is for. */
export type CodeHolder = { readonly pool: Pool; readonly user: Named }

/**
 * The code for a user: the fixed one of a test user, or one made up. Every code goes through here, whether it is kept in a row or in a
 * sealed sign-in.
 */
export function chooseCode(secrets: Secrets, holder: CodeHolder | undefined, digits: number): string {
  if (holder === undefined) return newCode(digits)
  const testUser = testUserOf(holder.pool, holder.user)
  return testUser === undefined ? newCode(digits) : openTestCode(secrets, holder.pool.id, testUser.sealedCode)
}

/**
 * Whether the pool lists this very user for tests. Only by the name that is theirs for good; where that is a random id, by the address
 * that stands in its place. Never by an alias, which users choose and exchange.
 */
export function isTestUser(pool: Pool, user: Named): boolean {
  return testUserOf(pool, user) !== undefined
}

function testUserOf(pool: Pool, user: Named): TestUser | undefined {
  const { testUsers } = extensionsOf(pool)
  if (testUsers.length === 0) return undefined
  const key = nameKey(pool, signInNameOf(pool, user))
  return testUsers.find(({ username }) => nameKey(pool, username) === key)
}

/** Where users are named by an address, their username is a random id that nobody signs in with. */
export function signInNameOf({ usernameAttributes }: Pick<Pool, 'usernameAttributes'>, { username, attributes }: Named): string {
  for (const attribute of usernameAttributes) if (attributes[attribute]) return attributes[attribute]
  return username
}

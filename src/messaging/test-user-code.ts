import { newCode } from '../base/ids.ts'
import type { Secrets } from '../base/secrets.ts'
import { openTestCode } from '../pools/extensions/extensions-wire.ts'
import { extensionsOf, type TestUser } from '../pools/extensions/pool-extensions.ts'
import { nameKey, type Pool } from '../pools/pool.ts'

/** A user's username and attributes. */
type NamedUser = { readonly username: string; readonly attributes: Readonly<Record<string, string>> }

/** The user that a code is for. */
export type CodeHolder = { readonly pool: Pool; readonly user: NamedUser }

/**
 * A new code for a user: random, or the fixed code of a test user. Every code comes from here, whether it is stored in a row or in a
 * sign-in state.
 */
export function chooseCode(secrets: Secrets, holder: CodeHolder | undefined, digits: number): string {
  if (holder === undefined) return newCode(digits)
  const testUser = testUserOf(holder.pool, holder.user)
  return testUser === undefined ? newCode(digits) : openTestCode(secrets, holder.pool.id, testUser.sealedCode)
}

/**
 * Whether the pool lists this user as a test user. Only the username counts, because users cannot take that of a test user. Where the username
 * is a random id, the address that users sign in with counts instead. An alias never counts, because users can choose and change an alias.
 */
export function isTestUser(pool: Pool, user: NamedUser): boolean {
  return testUserOf(pool, user) !== undefined
}

function testUserOf(pool: Pool, user: NamedUser): TestUser | undefined {
  const { testUsers } = extensionsOf(pool)
  if (testUsers.length === 0) return undefined
  const key = nameKey(pool, signInNameOf(pool, user))
  return testUsers.find(({ username }) => nameKey(pool, username) === key)
}

/** The name that a user signs in with. In pools whose users sign in with an address, the username is a random id. */
export function signInNameOf({ usernameAttributes }: Pick<Pool, 'usernameAttributes'>, { username, attributes }: NamedUser): string {
  for (const attribute of usernameAttributes) if (attributes[attribute]) return attributes[attribute]
  return username
}

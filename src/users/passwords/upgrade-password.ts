import { passwordStorageOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { replacePassword } from '../user-repository.ts'
import type { Passwords } from './passwords.ts'
import { kindOf } from './sealed-password.ts'
import { verifierNameOf, withoutOwnName } from './verifier-name.ts'

/**
 * Stores the password in the form that the pool wants, once the user has signed in with the right password; returns the user as stored.
 * This replaces hashes of other systems, verifiers for a former username, and the stored form after the pool's setting has changed. If the
 * password was changed meanwhile, the changed password stays.
 */
export async function upgradePassword(
  { db, passwords }: { readonly db: Db; readonly passwords: Pick<Passwords, 'protect'> },
  pool: Pool,
  user: User,
  password: string,
): Promise<User> {
  if (user.password === null) return user
  const isOfUsername = verifierNameOf(user) === user.username
  if (isOfUsername && kindOf(user.password) === passwordStorageOf(pool)) return user
  const upgraded = withoutOwnName(await passwords.protect(pool, user, password), user.username)
  return (await replacePassword(db, user, upgraded)) ? { ...user, password: upgraded } : user
}

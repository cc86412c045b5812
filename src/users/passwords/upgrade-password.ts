import type { Db } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { replacePassword } from '../user-repository.ts'
import type { Passwords } from './passwords.ts'
import { kindOf } from './sealed-password.ts'

/**
 * Replaces an imported hash by a verifier, once the user has signed in with the right password; returns the user as stored. SRP works from
 * then on, and the next sign-in takes a hundredth of the time. If the password was changed meanwhile, the changed password stays.
 */
export async function upgradeImportedPassword(db: Db, passwords: Pick<Passwords, 'protect'>, user: User, password: string): Promise<User> {
  if (user.password === null || kindOf(user.password) !== 'IMPORTED') return user
  const upgraded = await passwords.protect(user, password)
  return (await replacePassword(db, user, upgraded)) ? { ...user, password: upgraded } : user
}

import type { Db } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { replacePassword } from '../user-repository.ts'
import type { Passwords } from './passwords.ts'
import { isImported } from './sealed-import.ts'

/**
 * The user, whose password was just proven, with a verifier in the place of an imported hash: from now on SRP works, and the next
 * sign-in takes a hundredth of the time. A password that was changed meanwhile is left alone.
 */
export async function upgradeImportedPassword(db: Db, passwords: Pick<Passwords, 'protect'>, user: User, password: string): Promise<User> {
  if (user.password === null || !isImported(user.password)) return user
  const upgraded = await passwords.protect(user, password)
  return (await replacePassword(db, user, upgraded)) ? { ...user, password: upgraded } : user
}

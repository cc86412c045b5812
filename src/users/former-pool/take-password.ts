import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import { storeUser } from '../attribute-changes.ts'
import { atFormerPool } from '../passwords/at-former-pool.ts'
import type { Passwords } from '../passwords/passwords.ts'
import type { User } from '../user.ts'
import { lockUser } from '../user-repository.ts'

type Deps = { readonly db: Db; readonly passwords: Pick<Passwords, 'protect'> }

/**
 * Stores the password that the former pool has accepted, so that it is not asked again. Returns the user as stored; undefined when the
 * user got another password meanwhile, or was deleted.
 */
export async function takePassword(
  { db, passwords }: Deps,
  pool: Pool,
  user: User,
  { password, isTemporary }: { readonly password: string; readonly isTemporary: boolean },
): Promise<User | undefined> {
  const sealed = await passwords.protect(pool, user, password)
  return db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, user.sub)
    if (before?.password !== atFormerPool) return undefined
    const after: User = { ...before, password: sealed, status: statusAfter(before, isTemporary) }
    await storeUser(tx, pool, before, after)
    return after
  })
}

/** The former pool knows whether the password is temporary. It may have changed since the copy. */
function statusAfter({ status }: User, isTemporary: boolean): User['status'] {
  if (isTemporary) return 'FORCE_CHANGE_PASSWORD'
  return status === 'FORCE_CHANGE_PASSWORD' ? 'CONFIRMED' : status
}

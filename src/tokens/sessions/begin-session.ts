import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { findUser } from '../../users/user-repository.ts'
import type { Session } from '../session.ts'
import { insertSession } from '../session-repository.ts'
import { makeRoomForSession } from './tracked-sessions.ts'

/**
 * Stores the session of a sign-in.
 *
 * @throws ApiError NotAuthorizedException when the user was disabled, signed out or deleted during the sign-in.
 */
export async function beginSession(db: Db | Tx, session: Session): Promise<void> {
  if (await insertSession(db, session)) return
  const user = await findUser(db, session.poolId, session.sub)
  const isDisabled = user !== undefined && !user.enabled
  throw new ApiError('NotAuthorizedException', isDisabled ? 'User is disabled.' : 'The user was signed out during the sign-in.')
}

/**
 * Stores the session of a sign-in, and ends older sessions of the user where the pool limits their number.
 *
 * @throws ApiError as `beginSession` does.
 */
export async function beginLimitedSession(tx: Tx, pool: Pool, session: Session): Promise<void> {
  if (session.activity !== null) await makeRoomForSession(tx, pool, session.sub, session.createdAt)
  await beginSession(tx, session)
}

import { ApiError } from '../../contract/api-error.ts'
import { findCode } from '../../messaging/code-repository.ts'
import type { ContactAttribute, Pool } from '../../pools/pool.ts'
import type { Tx } from '../../storage/db.ts'
import type { User } from '../user.ts'
import { isCurrentOrPending } from './profile-rules.ts'

/** The address that waits for its proof, if there is one, else the current one. Throws InvalidParameterException. */
export async function addressToProve(tx: Tx, pool: Pool, user: User, attribute: ContactAttribute, now: number): Promise<string> {
  const outstanding = await findCode(tx, { poolId: pool.id, sub: user.sub, purpose: `verify-${attribute}` })
  const isAlive = outstanding !== undefined && outstanding.expiresAt > now
  if (isAlive && outstanding.value && isCurrentOrPending(pool, user, attribute, outstanding.value)) return outstanding.value
  const current = user.attributes[attribute]
  if (current) return current
  throw new ApiError('InvalidParameterException', `The user has no ${attribute} to verify.`)
}

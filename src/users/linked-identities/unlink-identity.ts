import type { Clock } from '../../base/clock.ts'
import { ApiError } from '../../contract/api-error.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db, Tx } from '../../storage/db.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../account-notices/queue-account-notice.ts'
import { storeUser } from '../attribute-changes.ts'
import type { SessionCaller } from '../caller.ts'
import { lockCaller } from '../lock-caller.ts'
import { deleteMergedName } from '../merging/merged-name-repository.ts'
import { findPasskeys } from '../passkeys/passkey-repository.ts'
import type { User } from '../user.ts'
import { identitiesOf, identityAlias, type LinkedIdentity, withIdentities } from './linked-identity.ts'

/** The user without an identity. A user who was merged into this one may have had its name: the next sign-in creates a user of that name. */
export async function withoutIdentity(
  tx: Tx,
  pool: Pool,
  before: User,
  { identity, now }: { readonly identity: Pick<LinkedIdentity, 'providerName' | 'attributeName' | 'userId'>; readonly now: number },
): Promise<User> {
  const { key } = identityAlias(identity)
  await deleteMergedName(tx, pool, before, `${identity.providerName}_${identity.userId}`)
  const left = identitiesOf(before.attributes).filter((one) => identityAlias(one).key !== key)
  return { ...before, attributes: withIdentities(before.attributes, left), updatedAt: now }
}

/**
 * Whether the user may unlink the identity themselves. It must not be the one that made the user, and the user needs another way to sign in:
 * a password, a passkey or another identity.
 */
export async function canUnlink(db: Db | Tx, user: User, { primary }: LinkedIdentity): Promise<boolean> {
  if (primary && user.status === 'EXTERNAL_PROVIDER') return false
  if (user.password !== null || identitiesOf(user.attributes).length > 1) return true
  return user.status !== 'EXTERNAL_PROVIDER' && (await findPasskeys(db, user.poolId, user.sub)).length > 0
}

/**
 * The user of an account page unlinks an identity.
 *
 * @throws ApiError ResourceNotFoundException when the user does not have it
 * @throws ApiError NotAuthorizedException when the user may not unlink it, or was signed out everywhere meanwhile
 */
export async function unlinkOwnIdentity(
  deps: AccountNoticeDeps & { readonly db: Db; readonly clock: Clock },
  { pool, client, user, sessionId }: SessionCaller,
  { providerName, userId }: Pick<LinkedIdentity, 'providerName' | 'userId'>,
): Promise<void> {
  const now = deps.clock.now()
  await deps.db.transaction().execute(async (tx) => {
    const locked = await lockCaller(tx, { user, sessionId })
    const identity = identitiesOf(locked.attributes).find((one) => one.providerName === providerName && one.userId === userId)
    if (identity === undefined) throw new ApiError('ResourceNotFoundException', 'The user has no such identity.')
    if (!(await canUnlink(tx, locked, identity))) {
      throw new ApiError('NotAuthorizedException', 'The user has no other way to sign in.')
    }
    await storeUser(tx, pool, locked, await withoutIdentity(tx, pool, locked, { identity, now }))
    const notice = { pool, user: locked, clientId: client.id, provider: providerName, now }
    await queueAccountNotice(tx, deps, { ...notice, change: 'IDENTITY_UNLINKED' })
  })
  await sendAccountNotices(deps, pool)
}

import type { Clock } from '../../../base/clock.ts'
import { type ContactAttribute, nameKey, type Pool } from '../../../pools/pool.ts'
import { consumeState } from '../../../storage/consumed-state-repository.ts'
import type { Db } from '../../../storage/db.ts'
import type { CallerContext, Triggers } from '../../../triggers/trigger.ts'
import { lockUserTakingAliases } from '../../../users/alias-takeover.ts'
import { storeUser } from '../../../users/attribute-changes.ts'
import { isVerified, type User } from '../../../users/user.ts'
import { runPostConfirmation } from '../../../users/user-triggers.ts'
import type { Proof } from '../../factor.ts'
import { wrongSignInCode } from '../../sent-code.ts'
import { invalidSession, type SignInState, usedSession } from '../../sign-in-state.ts'

type Proven = {
  readonly user: User
  readonly attribute: ContactAttribute
  readonly address: string
  readonly state: SignInState
  readonly caller: CallerContext
}

type Deps = { readonly db: Db; readonly clock: Clock; readonly triggers: Triggers }

/**
 * Somebody has brought back the code that went to their address: it is verified by that, and a new user confirmed, of which the pool's own code is told. As an alias it leaves
 * whoever had it. `consumes` is the state if that is still to be used up.
 */
export async function confirmByAddress(
  { db, clock, triggers }: Deps,
  pool: Pool,
  { user, attribute, address, state, caller }: Proven,
): Promise<{ user: User; consumes: Proof['consumes'] }> {
  const isNew = user.status === 'UNCONFIRMED'
  if (!isNew && isVerified(user.attributes, attribute)) return { user, consumes: state }

  const now = clock.now()
  const after = await db.transaction().execute(async (tx) => {
    const before = await lockUserTakingAliases(
      tx,
      pool,
      { sub: user.sub, aliases: [{ kind: attribute, key: nameKey(pool, address) }] },
      now,
    )
    if (!(await consumeState(tx, state.id, state.expiresAt))) throw usedSession()
    if (before === undefined) throw invalidSession()
    // Another address has come in between.
    if (before.attributes[attribute] !== address) throw wrongSignInCode()
    const attributes = { ...before.attributes, [`${attribute}_verified`]: 'true' }
    const status = before.status === 'UNCONFIRMED' ? 'CONFIRMED' : before.status
    const changed: User = { ...before, status, attributes, updatedAt: now }
    await storeUser(tx, pool, before, changed)
    return { user: changed, isConfirmed: before.status !== status }
  })
  // Cognito's list of what the ClientMetadata of an answer reaches does not have PostConfirmation.
  const callerContext = { clientId: state.clientId, clientMetadata: undefined, userAgent: caller.userAgent }
  if (after.isConfirmed)
    await runPostConfirmation(triggers, { pool, user: after.user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
  return { user: after.user, consumes: undefined }
}

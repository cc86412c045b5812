import type { AuditedCall } from '../../../audit/audited-caller.ts'
import { changedMembers } from '../../../audit/changed-members.ts'
import type { Clock } from '../../../base/clock.ts'
import { findMissingContact } from '../../../messaging/destination.ts'
import { type ContactAttribute, nameKey, type Pool } from '../../../pools/pool.ts'
import { consumeState } from '../../../storage/consumed-state-repository.ts'
import type { Db } from '../../../storage/db.ts'
import type { CallerContext, Triggers } from '../../../triggers/trigger.ts'
import { detailOfTaken, lockUserTakingAliases } from '../../../users/alias-takeover.ts'
import { storeUser } from '../../../users/attribute-changes.ts'
import { writeComparedUser } from '../../../users/compared-user.ts'
import { isVerified, type User } from '../../../users/user.ts'
import { runPostConfirmation } from '../../../users/user-triggers.ts'
import { invalidSession, usedSession, wrongSignInCode } from '../../sign-in-errors.ts'
import type { ConsumableState } from '../../sign-in-state.ts'

/** The address that a right code or link was sent to, and the state that the answer consumes. */
type ProvenAddress = {
  readonly user: User
  readonly attribute: ContactAttribute
  readonly address: string
  readonly state: ConsumableState
  readonly caller: CallerContext
  /** The audit record of the call; undefined in the public API. */
  readonly audit: AuditedCall | undefined
}

type Deps = { readonly db: Db; readonly clock: Clock; readonly triggers: Triggers }

/**
 * Verifies the address. A user who is not confirmed yet becomes confirmed, and PostConfirmation runs, unless the pool wants another address
 * verified as well: then the sign-in is refused later. If another user has the address as an
 * alias, that user loses the alias. The result has the state in `consumes` when the caller still has to consume it.
 *
 * @throws ApiError NotAuthorizedException when the state was used or the user deleted, and CodeMismatchException when the user's address
 * was changed since the code was sent.
 */
export async function confirmByAddress(
  { db, clock, triggers }: Deps,
  pool: Pool,
  { user, attribute, address, state, caller, audit }: ProvenAddress,
): Promise<{ user: User; consumes: ConsumableState | undefined }> {
  const isUnconfirmed = user.status === 'UNCONFIRMED'
  if (!isUnconfirmed && isVerified(user.attributes, attribute)) return { user, consumes: state }

  const now = clock.now()
  const after = await db.transaction().execute(async (tx) => {
    const { user: before, takenFrom } = await lockUserTakingAliases(
      tx,
      pool,
      { sub: user.sub, aliases: [{ kind: attribute, key: nameKey(pool, address) }] },
      now,
    )
    if (!(await consumeState(tx, state.id, state.expiresAt))) throw usedSession()
    if (before === undefined) throw invalidSession()
    // The user's address was changed since the code was sent.
    if (before.attributes[attribute] !== address) throw wrongSignInCode()
    const attributes = { ...before.attributes, [`${attribute}_verified`]: 'true' }
    const isComplete = findMissingContact(pool, attributes) === undefined
    const status = before.status === 'UNCONFIRMED' && isComplete ? 'CONFIRMED' : before.status
    const changed: User = { ...before, status, attributes, updatedAt: now }
    await storeUser(tx, pool, before, changed)
    const members = changedMembers(writeComparedUser(before), writeComparedUser(changed))
    await audit?.record(tx, {
      user: changed,
      changedMembers: members,
      detail: ['the address was verified', detailOfTaken(takenFrom)].filter(Boolean).join('; '),
    })
    return { user: changed, isConfirmed: before.status !== status }
  })
  // PostConfirmation gets no ClientMetadata: it is not in Cognito's list of the triggers that receive the ClientMetadata of an answer.
  const callerContext = { ...caller, clientMetadata: undefined }
  if (after.isConfirmed)
    await runPostConfirmation(triggers, { pool, user: after.user, source: 'PostConfirmation_ConfirmSignUp', callerContext })
  return { user: after.user, consumes: undefined }
}

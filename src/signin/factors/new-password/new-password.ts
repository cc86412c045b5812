import { createHash } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import { type Secrets, sealMark } from '../../../base/secrets.ts'
import { readableAttributes } from '../../../pools/attribute-rules.ts'
import { consumeState, isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import type { Db } from '../../../storage/db.ts'
import { storeUser } from '../../../users/attribute-changes.ts'
import { addToPasswordHistory, requireUnusedPassword } from '../../../users/passwords/password-history.ts'
import { requireStrongPassword } from '../../../users/passwords/password-policy.ts'
import type { Passwords } from '../../../users/passwords/passwords.ts'
import { isSamePassword } from '../../../users/security-stamp.ts'
import { changeAttributes, type User } from '../../../users/user.ts'
import { requireFreeNames } from '../../../users/user-names.ts'
import { lockUser } from '../../../users/user-repository.ts'
import { findAgain } from '../../candidate.ts'
import type { Answer, Factor, RequiredStep, Verdict } from '../../factor.ts'
import { requireParameter } from '../../parameters.ts'
import type { Challenge, SignIn } from '../../sign-in.ts'
import { invalidSession, newState, requireState, sealState, usedSession } from '../../sign-in-state.ts'
import { missingRequiredAttributes, readNewAttributes } from './new-attributes.ts'

export type NewPasswordDeps = { readonly db: Db; readonly clock: Clock; readonly secrets: Secrets; readonly passwords: Passwords }

/** Which password was proven, so that the session of one that was replaced since is worth nothing. */
type Memory = { readonly proven: string }

/** NEW_PASSWORD_REQUIRED: whoever signs in with a temporary password chooses their own, and fills in what the pool requires. */
export const newPassword: Factor<NewPasswordDeps> & RequiredStep<NewPasswordDeps> = {
  challenge: 'NEW_PASSWORD_REQUIRED',

  async ask({ secrets, clock }, signIn) {
    if (signIn.user.status !== 'FORCE_CHANGE_PASSWORD') return undefined
    const { client, user, proofs, eventId, stepUp, custom } = signIn
    const memory: Memory = { proven: fingerprint(user) }
    const step = { challenge: 'NEW_PASSWORD_REQUIRED', proofs, memory, eventId, stepUp, custom } as const
    const state = newState<Memory>(client, user.sub, step, clock.now())
    return { name: 'NEW_PASSWORD_REQUIRED', parameters: parametersOf(signIn), session: sealState(secrets, state) } satisfies Challenge
  },

  async answer(deps, answer) {
    const { pool, client, responses } = answer
    const state = requireState<Memory>(answer, 'NEW_PASSWORD_REQUIRED', deps.clock.now())
    const user = await findAgain(deps, pool, state.sub, requireParameter(responses, 'USERNAME'))
    if (user?.status !== 'FORCE_CHANGE_PASSWORD' || fingerprint(user) !== state.memory.proven) {
      throw (await isStateConsumed(deps.db, state.id)) ? usedSession() : invalidSession()
    }

    const password = requireParameter(responses, 'NEW_PASSWORD')
    const attributes = readNewAttributes(pool, client, user, responses)
    await requireFreeNames(deps, pool, user, changeAttributes(user.attributes, attributes))
    requireStrongPassword(pool, password, 'change')
    await requireUnusedPassword(deps, pool, { ...user, password: null }, password)
    const sealed = await deps.passwords.protect(user, password)
    const changed = await storeNewPassword(deps, answer, { user, attributes, sealed, state })
    return {
      kind: 'proven',
      proof: { user: changed, proofs: [...state.proofs, 'NEW_PASSWORD_REQUIRED'], consumes: undefined },
    } satisfies Verdict
  },
}

/** Each password that is set has a mark of its own. */
const fingerprint = (user: User): string =>
  createHash('sha256')
    .update(user.password === null ? '' : sealMark(user.password))
    .digest('base64url')

function parametersOf({ pool, client, user }: SignIn): Record<string, string> {
  const readable = readableAttributes(pool, client)
  const known = Object.entries(user.attributes).filter(([name]) => readable(name))
  const missing = missingRequiredAttributes(pool, client, user)
  // What is missing stands there, too, without a value (observed).
  const shown = Object.fromEntries([...known, ...missing.map((name) => [name, ''])])
  return {
    USER_ID_FOR_SRP: user.username,
    requiredAttributes: JSON.stringify(missing.map((name) => `userAttributes.${name}`)),
    userAttributes: JSON.stringify(shown),
  }
}

type Change = { user: User; attributes: Record<string, string>; sealed: string; state: { id: string; expiresAt: number } }

/** The state is spent in the transaction that changes the user, so that of two answers at once only one counts. */
function storeNewPassword({ db, clock }: NewPasswordDeps, { pool }: Answer, { user, attributes, sealed, state }: Change): Promise<User> {
  const now = clock.now()
  return db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, user.sub)
    if (!(await consumeState(tx, state.id, state.expiresAt))) throw usedSession()
    // Another sign-in, or an administrator, may have been faster.
    if (before?.status !== 'FORCE_CHANGE_PASSWORD' || !isSamePassword(before, user)) throw invalidSession()
    const after: User = {
      ...before,
      status: 'CONFIRMED',
      attributes: changeAttributes(before.attributes, attributes),
      password: sealed,
      passwordExpiresAt: null,
      updatedAt: now,
    }
    await addToPasswordHistory(tx, pool, before, now)
    await storeUser(tx, pool, before, after)
    return after
  })
}

import { createHash } from 'node:crypto'
import type { Clock } from '../../../base/clock.ts'
import { type Secrets, sealMark } from '../../../base/secrets.ts'
import { readableAttributes } from '../../../pools/attribute-rules.ts'
import { type PasswordScreening, requireNotStolen } from '../../../protection/breached-passwords/password-screening.ts'
import { consumeState, isStateConsumed } from '../../../storage/consumed-state-repository.ts'
import type { Db } from '../../../storage/db.ts'
import { storeUser } from '../../../users/attribute-changes.ts'
import { addToPasswordHistory, requireUnusedPassword } from '../../../users/passwords/password-history.ts'
import { requireStrongPassword } from '../../../users/passwords/password-policy.ts'
import type { Passwords } from '../../../users/passwords/passwords.ts'
import { withChangedPassword } from '../../../users/passwords/with-changed-password.ts'
import { isSamePassword } from '../../../users/security-stamp.ts'
import { changeAttributes, type User } from '../../../users/user.ts'
import { requireFreeNames } from '../../../users/user-names.ts'
import { lockUser } from '../../../users/user-repository.ts'
import { findUserOfState } from '../../candidate.ts'
import type { Factor, RequiredStep } from '../../factor.ts'
import { requireParameter } from '../../parameters.ts'
import { sealState } from '../../sealed-state.ts'
import { type SignIn, type SignInContext, withProof } from '../../sign-in.ts'
import { invalidSession, usedSession } from '../../sign-in-errors.ts'
import { type ConsumableState, newState, requireState } from '../../sign-in-state.ts'
import { missingRequiredAttributes, readNewAttributes } from './new-attributes.ts'

export type NewPasswordDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly secrets: Secrets
  readonly passwords: Passwords
  readonly passwordScreening: PasswordScreening
}

/** `passwordMark` identifies the temporary password that was proven. If that password is replaced, the Session is refused. */
type Memory = { readonly passwordMark: string }

/** NEW_PASSWORD_REQUIRED: a user with a temporary password chooses a new one, and sets the attributes that the pool requires. */
export const newPassword: Factor<NewPasswordDeps> & RequiredStep<NewPasswordDeps> = {
  challenge: 'NEW_PASSWORD_REQUIRED',

  async findChallenge({ secrets, clock }, signIn) {
    const { context, user, progress } = signIn
    if (user.status !== 'FORCE_CHANGE_PASSWORD') return undefined
    const memory: Memory = { passwordMark: passwordMarkOf(user) }
    const state = newState<Memory>(context.client, user.sub, { challenge: 'NEW_PASSWORD_REQUIRED', progress, memory }, clock.now())
    return { name: 'NEW_PASSWORD_REQUIRED', parameters: parametersOf(signIn), session: sealState(secrets, state) }
  },

  async handleAnswer(deps, answer) {
    const { context, responses } = answer
    const { pool, client } = context
    const state = requireState<Memory>(answer, 'NEW_PASSWORD_REQUIRED', deps.clock.now())
    const user = await findUserOfState(deps, pool, state.sub, requireParameter(responses, 'USERNAME'))
    if (user?.status !== 'FORCE_CHANGE_PASSWORD' || passwordMarkOf(user) !== state.memory.passwordMark) {
      throw (await isStateConsumed(deps.db, state.id)) ? usedSession() : invalidSession()
    }

    const password = requireParameter(responses, 'NEW_PASSWORD')
    const attributes = readNewAttributes(pool, client, user, responses)
    await requireFreeNames(deps, pool, user, changeAttributes(user.attributes, attributes))
    requireStrongPassword(pool, password, 'change')
    await requireUnusedPassword(deps, pool, { ...user, password: null }, password)
    const { isCompromised } = await requireNotStolen(deps, context, 'PASSWORD_CHANGE', password)
    const sealed = await deps.passwords.protect(pool, user, password)
    const changed = await storeNewPassword(deps, context, { user, attributes, sealed, state })
    const progress = withProof(state.progress, 'NEW_PASSWORD_REQUIRED')
    return {
      kind: 'proven',
      user: changed,
      progress: { ...progress, isCompromised: progress.isCompromised || (isCompromised ?? progress.isCompromised) },
      consumes: undefined,
    }
  },
}

/** A digest that changes whenever a password is set, even if the new password is the same text. */
const passwordMarkOf = (user: User): string =>
  createHash('sha256')
    .update(user.password === null ? '' : sealMark(user.password))
    .digest('base64url')

function parametersOf({ context: { pool, client }, user }: SignIn): Record<string, string> {
  const readable = readableAttributes(pool, client)
  const known = Object.entries(user.attributes).filter(([name]) => readable(name))
  const missing = missingRequiredAttributes(pool, client, user)
  // Required attributes that the user lacks are included, with an empty value (observed).
  const shown = Object.fromEntries([...known, ...missing.map((name) => [name, ''])])
  return {
    USER_ID_FOR_SRP: user.username,
    requiredAttributes: JSON.stringify(missing.map((name) => `userAttributes.${name}`)),
    userAttributes: JSON.stringify(shown),
  }
}

type NewPassword = { user: User; attributes: Record<string, string>; sealed: string; state: ConsumableState }

/** Consumes the state in the transaction that changes the user, so that only one of two simultaneous answers succeeds. */
function storeNewPassword(
  { db, clock }: NewPasswordDeps,
  { pool, audit }: SignInContext,
  { user, attributes, sealed, state }: NewPassword,
): Promise<User> {
  const now = clock.now()
  const changedMembers = ['Password', ...Object.keys(attributes).map((name) => `UserAttributes.${name}`), 'UserStatus']
  return db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, user.sub)
    if (!(await consumeState(tx, state.id, state.expiresAt))) throw usedSession()
    // Another sign-in or an administrator may have set a password since `user` was read.
    if (before?.status !== 'FORCE_CHANGE_PASSWORD' || !isSamePassword(before, user)) throw invalidSession()
    const attributesAfter = changeAttributes(before.attributes, attributes)
    const changes = { status: 'CONFIRMED', attributes: attributesAfter, password: sealed, passwordExpiresAt: null } as const
    const after = withChangedPassword(pool, before, changes, now)
    await addToPasswordHistory(tx, pool, before, now)
    await storeUser(tx, pool, before, after)
    await audit?.record(tx, { user: after, changedMembers, detail: 'the password was set' })
    return after
  })
}

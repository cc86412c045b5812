import type { PasswordScreening } from '../../../protection/breached-passwords/password-screening.ts'
import { storeUser } from '../../../users/attribute-changes.ts'
import { isSamePassword } from '../../../users/security-stamp.ts'
import { lockUser } from '../../../users/user-repository.ts'
import type { SignIn, SignInProgress } from '../../sign-in.ts'
import { resetRequired } from '../../sign-in-errors.ts'
import { recordBlocked, type SignInEventDeps } from '../../sign-in-events.ts'

export type ScreenPasswordDeps = SignInEventDeps & { readonly passwordScreening: PasswordScreening }

/**
 * Looks up the password of a sign-in, which was right: only its owner learns whether it is stolen. Where the pool acts on stolen passwords,
 * the user has to reset this one. A temporary password is only recorded, because the sign-in demands a new password next.
 *
 * @throws ApiError PasswordResetRequiredException when the password is stolen and must not be used.
 * @throws ApiError TooManyRequestsException when it could not be looked up, and the pool refuses such passwords.
 */
export async function screenPassword(deps: ScreenPasswordDeps, signIn: SignIn, password: string): Promise<SignInProgress> {
  const { context, user } = signIn
  // An unconfirmed user gets no tokens. The status must stay, or the user could never confirm the address.
  if (user.status === 'UNCONFIRMED') return signIn.progress
  const { isCompromised, isBlocked } = await deps.passwordScreening.screen(context, 'SIGN_IN', password)
  const progress: SignInProgress = isCompromised === undefined ? signIn.progress : { ...signIn.progress, isCompromised }
  if (!isBlocked || user.status === 'FORCE_CHANGE_PASSWORD') return progress
  await demandReset(deps, signIn)
  await recordBlocked(deps, { ...signIn, progress })
  throw resetRequired()
}

/** The change stays although the sign-in is refused, so it has an audit record of its own. */
async function demandReset({ db, clock }: ScreenPasswordDeps, { context: { pool, audit }, user }: SignIn): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, user.sub)
    // Another request may have set a new password meanwhile.
    if (before?.status !== user.status || !isSamePassword(before, user)) return
    await storeUser(tx, pool, before, { ...before, status: 'RESET_REQUIRED', updatedAt: clock.now() })
    await audit?.recordEarlierStep(tx, { user, changedMembers: ['UserStatus'], detail: 'the password is stolen and has to be reset' })
  })
}

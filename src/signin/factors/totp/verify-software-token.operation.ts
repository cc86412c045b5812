import { sealMark } from '../../../base/secrets.ts'
import { ApiError } from '../../../contract/api-error.ts'
import { operation } from '../../../contract/operation.ts'
import { limitAttempts } from '../../../protection/attempt-limit.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../../../users/account-notices/queue-account-notice.ts'
import { storeUser } from '../../../users/attribute-changes.ts'
import type { SessionCaller } from '../../../users/caller.ts'
import { lockCaller } from '../../../users/lock-caller.ts'
import { withMfa } from '../../../users/mfa/mfa-preferences.ts'
import { findTimeStep, openSoftwareSecret, requireSoftwareTokens, sealSoftwareSecret } from '../../../users/mfa/software-token.ts'
import { findSoftwareToken, putSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import type { User } from '../../../users/user.ts'
import { lockUser } from '../../../users/user-repository.ts'
import { isStampCurrent } from '../../later-step.ts'
import { invalidSession, usedSession } from '../../sign-in-errors.ts'
import { canSetUp, concludeSetup, consumeSetup, openSetup, type SetupDeps } from '../mfa-setup/setup-step.ts'

type RegistrationDeps = SetupDeps & AccountNoticeDeps

type AppRegistration = { readonly code: string; readonly deviceName: string | null }

/**
 * Registers the authenticator app, in place of an earlier one, when the code is right for the secret of AssociateSoftwareToken. During a
 * sign-in, the operation also activates the app for MFA. With an access token it does not: SetUserMFAPreference activates the app.
 */
export const verifySoftwareToken = operation('VerifySoftwareToken', {
  auth: 'session-or-token',

  async handle(request, deps: RegistrationDeps, caller: SessionCaller | undefined) {
    const registration = { code: request.UserCode, deviceName: request.FriendlyDeviceName || null }
    if (caller !== undefined) {
      requireSoftwareTokens(caller.pool)
      await registerForCaller(deps, caller, registration)
      return { Status: 'SUCCESS' as const }
    }
    return { Status: 'SUCCESS' as const, Session: await registerInSignIn(deps, request.Session ?? '', registration) }
  },
})

async function registerForCaller(
  deps: RegistrationDeps,
  { pool, client, user, sessionId }: SessionCaller,
  { code, deviceName }: AppRegistration,
): Promise<void> {
  const { db, clock, secrets } = deps
  const secret = (await findSoftwareToken(db, user))?.pendingSecret
  if (!secret) throw notAssociated()
  const step = await requireCode(deps, user, openSoftwareSecret(secrets, user, secret), code)
  await db.transaction().execute(async (tx) => {
    const locked = await lockCaller(tx, { user, sessionId })
    const now = clock.now()
    // Another request may have replaced or verified the secret since it was read above.
    const pending = (await findSoftwareToken(tx, user))?.pendingSecret
    if (!pending || sealMark(pending) !== sealMark(secret)) throw mismatch()
    await putSoftwareToken(tx, user, { secret: pending, deviceName, step, now })
    await queueAccountNotice(tx, deps, { pool, user: locked, change: 'MFA', clientId: client.id, now })
  })
  await sendAccountNotices(deps, pool)
}

/** Registers the authenticator app during a sign-in, and activates it for MFA. Returns the Session for the answer to MFA_SETUP. */
export async function registerInSignIn(deps: RegistrationDeps, session: string, { code, deviceName }: AppRegistration): Promise<string> {
  const { db, clock, secrets } = deps
  const setup = await openSetup(deps, session)
  const { pool, user } = setup
  requireSoftwareTokens(pool)
  const plain = setup.step.memory.secret
  if (plain === null) throw notAssociated()
  const step = await requireCode(deps, user, plain, code)
  const secret = sealSoftwareSecret(secrets, user, plain)
  const now = clock.now()
  await db.transaction().execute(async (tx) => {
    const before = await lockUser(tx, pool.id, user.sub)
    if (!(await consumeSetup(tx, setup.step, now))) throw usedSession()
    if (before === undefined || !isStampCurrent(setup.step, before) || !(await canSetUp(tx, pool, before, 'SOFTWARE_TOKEN_MFA'))) {
      throw invalidSession()
    }
    await putSoftwareToken(tx, user, { secret, deviceName, step, now })
    await storeUser(tx, pool, before, { ...before, mfa: withMfa(before.mfa, 'SOFTWARE_TOKEN_MFA'), updatedAt: now })
    await queueAccountNotice(tx, deps, { pool, user: before, change: 'MFA', clientId: setup.client.id, now })
  })
  await sendAccountNotices(deps, pool)
  return concludeSetup(deps, setup)
}

/**
 * The time step (RFC 6238) for which the authenticator app computed the code.
 *
 * @throws ApiError EnableSoftwareTokenMFAException when the code is wrong.
 */
async function requireCode({ db, clock }: SetupDeps, user: User, secret: string, code: string): Promise<number> {
  const now = clock.now()
  await limitAttempts(db, { poolId: user.poolId, subject: user.sub, action: 'VerifySoftwareToken' }, now)
  const step = findTimeStep(secret, code, now)
  if (step === undefined) throw mismatch()
  return step
}

const mismatch = () => new ApiError('EnableSoftwareTokenMFAException', 'Code mismatch')

const notAssociated = () =>
  new ApiError('SoftwareTokenMFANotFoundException', 'No software token has been associated that could be verified.')

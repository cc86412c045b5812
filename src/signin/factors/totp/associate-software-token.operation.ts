import { ApiError } from '../../../contract/api-error.ts'
import { operation } from '../../../contract/operation.ts'
import type { SessionCaller } from '../../../users/caller.ts'
import { lockCaller } from '../../../users/lock-caller.ts'
import { newSoftwareSecret, requireSoftwareTokens, sealSoftwareSecret } from '../../../users/mfa/software-token.ts'
import { findSoftwareToken, setPendingSecret } from '../../../users/mfa/software-token-repository.ts'
import { openSetup, resumeSetup, type SetupDeps } from '../mfa-setup/setup-step.ts'

/**
 * Returns a new secret for an authenticator app. The new secret has no effect until VerifySoftwareToken verifies one of its codes. Until
 * then an earlier secret stays in use.
 */
export const associateSoftwareToken = operation('AssociateSoftwareToken', {
  auth: 'session-or-token',

  async handle(request, deps: SetupDeps, caller: SessionCaller | undefined) {
    if (caller !== undefined) {
      const secret = newSoftwareSecret()
      requireSoftwareTokens(caller.pool)
      await keepForCaller(deps, caller, secret)
      return { SecretCode: secret }
    }
    const { secret, session } = await associateInSignIn(deps, request.Session ?? '')
    return { SecretCode: secret, Session: session }
  },
})

/** Gives a new secret to a sign-in. The new Session holds the secret, so that a sign-in that is given up leaves no row behind. */
export async function associateInSignIn(deps: SetupDeps, session: string): Promise<{ readonly secret: string; readonly session: string }> {
  const secret = newSoftwareSecret()
  const setup = await openSetup(deps, session)
  requireSoftwareTokens(setup.pool)
  return { secret, session: resumeSetup(deps, setup, { secret, isProven: false }) }
}

async function keepForCaller({ db, clock, secrets }: SetupDeps, { user, sessionId }: SessionCaller, secret: string): Promise<void> {
  const replaced = (await findSoftwareToken(db, user))?.pendingSecret ?? null
  const pending = sealSoftwareSecret(secrets, user, secret)
  const isKept = await db.transaction().execute(async (tx) => {
    await lockCaller(tx, { user, sessionId })
    return setPendingSecret(tx, user, { pending, replaced, now: clock.now() })
  })
  if (!isKept) throw new ApiError('ConcurrentModificationException', 'Another software token is being associated.')
}

import { ApiError } from '../contract/api-error.ts'
import type { MfaMethod } from '../pools/pool.ts'
import { hasSoftwareToken } from '../users/mfa/software-token-repository.ts'
import { passkeyCountsAsMfa } from '../users/passkeys/passkey.ts'
import { atFormerPool } from '../users/passwords/at-former-pool.ts'
import { methodsOfStepUp } from './assurance/goal.ts'
import type { NewChallenge, RequiredStep } from './factor.ts'
import { createSetupChallenge } from './factors/mfa-setup/mfa-setup.ts'
import { createSelectMfaChallenge } from './factors/select-mfa/select-mfa.ts'
import { mustSetUpApp } from './factors/totp/former-app.ts'
import { decideMfa } from './mfa-decision.ts'
import { demandedMfa } from './risk/demanded-mfa.ts'
import { hasSecondFactor, type SecondFactorDeps, secondFactors } from './second-factors.ts'
import type { SignIn } from './sign-in.ts'

/**
 * The challenge of a second factor, of the selection of one, or of the set-up of one. The step-up goal, the pool and the user decide which.
 */
export const secondFactorStep: RequiredStep<SecondFactorDeps> = {
  async findChallenge(deps, signIn) {
    const { context, user, progress } = signIn
    const { pool } = context
    // The user has proven an app that only the former pool can check. The user replaces it in this sign-in by an app that this pool can check.
    if (user.password === atFormerPool && progress.proofs.includes('SOFTWARE_TOKEN_MFA') && (await mustSetUpApp(deps, pool, user))) {
      return createSetupChallenge(deps, signIn, ['SOFTWARE_TOKEN_MFA'])
    }
    if (progress.stepUp !== undefined) {
      const methods = methodsOfStepUp(signIn, await hasSoftwareToken(deps.db, user))
      if (methods !== undefined) return createStepUpChallenge(deps, signIn, methods)
    }
    if (pool.mfa === 'OFF' || hasSecondFactor(progress.proofs)) return undefined
    // For a user who needs two factors the passkey had to verify its user, so it counts as both factors.
    if (progress.proofs[0] === 'WEB_AUTHN' && passkeyCountsAsMfa(pool)) return undefined
    const hasApp = await hasSoftwareToken(deps.db, user)
    const decision = decideMfa(pool, user, hasApp, demandedMfa(signIn, hasApp))
    switch (decision.kind) {
      case 'pass':
        return undefined
      case 'challenge':
        return secondFactors[decision.method].createChallenge(deps, signIn)
      case 'select':
        return createSelectMfaChallenge(deps, signIn, decision.methods)
      case 'setup':
        return createSetupChallenge(deps, signIn, decision.methods)
      case 'impossible':
        // (Unconfirmed: which error Cognito throws here. Cognito's API model lists the error below for all operations that sign in.)
        throw new ApiError(
          'InvalidUserPoolConfigurationException',
          'The user pool requires MFA, and no MFA method is available to the user.',
        )
    }
  },
}

/** @throws ApiError NotAuthorizedException when no method is left, such as after an administrator removed the user's authenticator app. */
async function createStepUpChallenge(deps: SecondFactorDeps, signIn: SignIn, methods: readonly MfaMethod[]): Promise<NewChallenge> {
  const [only, ...others] = methods
  if (only === undefined) throw new ApiError('NotAuthorizedException', 'The user cannot reach the requested level of assurance.')
  return others.length === 0 ? secondFactors[only].createChallenge(deps, signIn) : createSelectMfaChallenge(deps, signIn, methods)
}

import { ApiError } from '../contract/api-error.ts'
import type { MfaMethod } from '../pools/pool.ts'
import { hasSoftwareToken } from '../users/mfa/software-token-repository.ts'
import { passkeyCountsAsMfa } from '../users/passkeys/passkey.ts'
import { methodsOfStepUp } from './assurance/second-step.ts'
import type { Question, RequiredStep } from './factor.ts'
import { askForSetup } from './factors/mfa-setup/mfa-setup.ts'
import { askForChoice } from './factors/select-mfa/select-mfa.ts'
import { decideMfa } from './mfa-decision.ts'
import { hasSecondFactor, type SecondFactorDeps, secondFactors } from './second-factors.ts'
import type { SignIn } from './sign-in.ts'

/** Multi-factor authentication: a second factor, the choice of one, or its set-up, as pool and user decide. */
export const secondFactor: RequiredStep<SecondFactorDeps> = {
  async ask(deps, signIn) {
    const { pool, user, proofs, stepUp } = signIn
    if (stepUp !== undefined) {
      const methods = methodsOfStepUp(signIn, await hasSoftwareToken(deps.db, user))
      if (methods !== undefined) return askForOneOf(deps, signIn, methods)
    }
    if (pool.mfa === 'OFF' || hasSecondFactor(proofs)) return undefined
    // Whoever needs two factors had to be verified by the passkey: it stands for what they have and what they know, or are.
    if (proofs[0] === 'WEB_AUTHN' && passkeyCountsAsMfa(pool)) return undefined
    const decision = decideMfa(pool, user, await hasSoftwareToken(deps.db, user))
    switch (decision.kind) {
      case 'pass':
        return undefined
      case 'challenge':
        return secondFactors[decision.method].createChallenge(deps, signIn)
      case 'select':
        return askForChoice(deps, signIn, decision.methods)
      case 'setup':
        return askForSetup(deps, signIn, decision.methods)
      case 'impossible':
        // (Unconfirmed: which error Cognito has for it. This one is modelled for all operations that sign in.)
        throw new ApiError(
          'InvalidUserPoolConfigurationException',
          'The user pool requires MFA, and no MFA method is available to the user.',
        )
    }
  },
}

/** Throws NotAuthorizedException when there is none left: an administrator may have taken it away. */
async function askForOneOf(deps: SecondFactorDeps, signIn: SignIn, methods: readonly MfaMethod[]): Promise<Question> {
  const [only, ...others] = methods
  if (only === undefined) throw new ApiError('NotAuthorizedException', 'The user cannot reach the requested level of assurance.')
  return others.length === 0 ? secondFactors[only].createChallenge(deps, signIn) : askForChoice(deps, signIn, methods)
}

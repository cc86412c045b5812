import { ApiError } from '../../../contract/api-error.ts'
import { invokeDefineAuthChallenge } from '../../../triggers/define-auth-challenge.ts'
import { hasSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import type { NewChallenge } from '../../factor.ts'
import { type SecondFactorDeps, secondFactors } from '../../second-factors.ts'
import { noProgress, type SignIn } from '../../sign-in.ts'
import { rememberedDevice } from '../device/device.ts'
import { createSrpChallenge, type SrpDeps } from '../srp/srp.ts'
import { runCreateAuthChallenge } from './custom-challenge.ts'
import { asSignIn, type CustomSignIn, challengeFactsOf, customSubjectOf } from './custom-sign-in.ts'

/** The next step of a sign-in of `CUSTOM_AUTH`. */
export type CustomStep =
  | { readonly kind: 'challenge'; readonly challenge: NewChallenge }
  | { readonly kind: 'issue-tokens' }
  | { readonly kind: 'fail' }

export type DefineAuthChallengeDeps = SrpDeps & SecondFactorDeps

/** The challenges that a trigger function can ask for in addition to CUSTOM_CHALLENGE and SRP. */
const builtInChallenges = ['SMS_MFA', 'EMAIL_OTP', 'SOFTWARE_TOKEN_MFA', 'DEVICE_SRP_AUTH'] as const
type BuiltInChallenge = (typeof builtInChallenges)[number]

/**
 * Asks the function of DefineAuthChallenge which step comes next. `clientPublic` is SRP's A: only in the call that brings A can the
 * function ask for a proof of the password.
 *
 * @throws ApiError when a trigger function refuses.
 */
export async function runDefineAuthChallenge(
  deps: DefineAuthChallengeDeps,
  signIn: CustomSignIn,
  clientPublic: bigint | undefined,
): Promise<CustomStep> {
  const { context, user, name, progress } = signIn
  const srp = clientPublic === undefined ? [] : (['PASSWORD_VERIFIER'] as const)
  const challenges = ['CUSTOM_CHALLENGE', ...builtInChallenges, ...srp] as const
  const step = await invokeDefineAuthChallenge(deps.triggers, customSubjectOf(signIn), challengeFactsOf(signIn), challenges)
  // No trigger function can sign in a user who does not exist.
  if (step.kind !== 'challenge') return step.kind === 'issue-tokens' && user === undefined ? { kind: 'fail' } : step
  switch (step.name) {
    case 'CUSTOM_CHALLENGE':
      return challengeOrFail(await runCreateAuthChallenge(deps, signIn))
    case 'PASSWORD_VERIFIER': {
      if (clientPublic === undefined) return { kind: 'fail' }
      const srpProgress = { ...noProgress, custom: progress.custom, eventId: progress.eventId }
      return challengeOrFail(await createSrpChallenge(deps, context, signIn, { username: name, clientPublic, progress: srpProgress }))
    }
    default: {
      const known = asSignIn(signIn)
      return challengeOrFail(known && requireShortSession(await createBuiltInChallenge(deps, known, step.name)))
    }
  }
}

function challengeOrFail(challenge: NewChallenge | undefined): CustomStep {
  return challenge === undefined ? { kind: 'fail' } : { kind: 'challenge', challenge }
}

/**
 * Undefined when the user lacks the address, authenticator app or device that the challenge needs. The sign-in then fails as it does for a
 * user who does not exist.
 */
async function createBuiltInChallenge(
  deps: DefineAuthChallengeDeps,
  signIn: SignIn,
  name: BuiltInChallenge,
): Promise<NewChallenge | undefined> {
  const { user } = signIn
  switch (name) {
    case 'SMS_MFA':
      return user.attributes['phone_number'] ? secondFactors.SMS_MFA.createChallenge(deps, signIn) : undefined
    case 'EMAIL_OTP':
      return user.attributes['email'] ? secondFactors.EMAIL_OTP.createChallenge(deps, signIn) : undefined
    case 'SOFTWARE_TOKEN_MFA':
      return (await hasSoftwareToken(deps.db, user)) ? secondFactors.SOFTWARE_TOKEN_MFA.createChallenge(deps, signIn) : undefined
    case 'DEVICE_SRP_AUTH':
      return rememberedDevice.findChallenge(deps, signIn)
  }
}

/**
 * Refuses a challenge whose Session a client could not send back: the limit is 2048 characters. Long metadata of earlier challenges can
 * make a Session longer.
 */
function requireShortSession(challenge: NewChallenge | undefined): NewChallenge | undefined {
  if ((challenge?.session?.length ?? 0) <= 2048) return challenge
  throw new ApiError('InvalidLambdaResponseException', 'Unrecognizable lambda output')
}

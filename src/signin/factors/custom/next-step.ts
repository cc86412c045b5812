import { ApiError } from '../../../contract/api-error.ts'
import { invokeDefineAuthChallenge } from '../../../triggers/define-auth-challenge.ts'
import { hasSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import type { Question } from '../../factor.ts'
import { type SecondFactorDeps, secondFactors } from '../../second-factors.ts'
import type { SignIn } from '../../sign-in.ts'
import { rememberedDevice } from '../device/ask-device.ts'
import { askForSrpProof, type SrpDeps } from '../srp/srp.ts'
import { askForCustomChallenge } from './custom-challenge.ts'
import { type CustomSignIn, factsOf, subjectOfCustom } from './custom-sign-in.ts'

export type NextStep = { readonly kind: 'ask'; readonly question: Question } | { readonly kind: 'issue-tokens' } | { readonly kind: 'fail' }

export type NextStepDeps = SrpDeps & SecondFactorDeps

/** What functions may ask for besides challenges of their own. */
const builtIn = ['SMS_MFA', 'EMAIL_OTP', 'SOFTWARE_TOKEN_MFA', 'DEVICE_SRP_AUTH'] as const
type BuiltIn = (typeof builtIn)[number]

type Position = {
  /** The sign-in of somebody who exists. */
  readonly known: SignIn | undefined
  /** See `SignIn`; strangers have one, too, for the length that it gives to a Session. */
  readonly eventId: string | undefined
  /** SRP's A, in the call that brings it: the password can be asked for then, and not later. */
  readonly clientPublic: bigint | undefined
}

/** Asks the pool's functions what comes next. Throws what they refuse with. */
export async function nextStep(deps: NextStepDeps, signIn: CustomSignIn, { known, eventId, clientPublic }: Position): Promise<NextStep> {
  const { pool, client, user, name, results } = signIn
  const challenges = ['CUSTOM_CHALLENGE', ...builtIn, ...(clientPublic === undefined ? [] : (['PASSWORD_VERIFIER'] as const))] as const
  const step = await invokeDefineAuthChallenge(deps.triggers, subjectOfCustom(signIn), factsOf(signIn), challenges)
  // No function can let somebody in who does not exist.
  if (step.kind !== 'challenge') return step.kind === 'issue-tokens' && user === undefined ? { kind: 'fail' } : step
  switch (step.name) {
    case 'CUSTOM_CHALLENGE':
      return orFail(await askForCustomChallenge(deps, signIn, eventId))
    case 'PASSWORD_VERIFIER':
      if (clientPublic === undefined) return { kind: 'fail' }
      return orFail(
        await askForSrpProof(deps, pool, client, signIn, { username: name, a: clientPublic, stepUp: undefined, custom: results }),
      )
    default:
      return orFail(known === undefined ? undefined : requireShort(await askForBuiltIn(deps, known, step.name)))
  }
}

const orFail = (question: Question | undefined): NextStep => (question === undefined ? { kind: 'fail' } : { kind: 'ask', question })

/** Undefined when the user has not got what it takes: that is not told apart from having no such user. */
async function askForBuiltIn(deps: NextStepDeps, signIn: SignIn, name: BuiltIn): Promise<Question | undefined> {
  const { user } = signIn
  switch (name) {
    case 'SMS_MFA':
      return user.attributes['phone_number'] ? secondFactors.SMS_MFA.createChallenge(deps, signIn) : undefined
    case 'EMAIL_OTP':
      return user.attributes['email'] ? secondFactors.EMAIL_OTP.createChallenge(deps, signIn) : undefined
    case 'SOFTWARE_TOKEN_MFA':
      return (await hasSoftwareToken(deps.db, user)) ? secondFactors.SOFTWARE_TOKEN_MFA.createChallenge(deps, signIn) : undefined
    case 'DEVICE_SRP_AUTH':
      return rememberedDevice.ask(deps, signIn)
  }
}

/** Long notes of earlier challenges can make a Session longer than clients may send it back. */
function requireShort(question: Question | undefined): Question | undefined {
  if ((question?.session?.length ?? 0) <= 2048) return question
  throw new ApiError('InvalidLambdaResponseException', 'Unrecognizable lambda output')
}

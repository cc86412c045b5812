import { ApiError } from '../../../contract/api-error.ts'
import type { MfaMethod } from '../../../pools/pool.ts'
import { hasSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import { methodsOfStepUp } from '../../assurance/goal.ts'
import type { Factor, NewChallenge } from '../../factor.ts'
import { type LaterStepDeps, newLaterStep, openLaterStep } from '../../later-step.ts'
import { decideMfa, type MfaDecision } from '../../mfa-decision.ts'
import { requireParameter } from '../../parameters.ts'
import { demandedMfa } from '../../risk/demanded-mfa.ts'
import { sealState } from '../../sealed-state.ts'
import { type SecondFactorDeps, secondFactors } from '../../second-factors.ts'
import type { SignIn } from '../../sign-in.ts'

const challenge = 'SELECT_MFA_TYPE'

export async function createSelectMfaChallenge(
  { secrets, clock }: LaterStepDeps,
  signIn: SignIn,
  methods: readonly MfaMethod[],
): Promise<NewChallenge> {
  const step = newLaterStep(signIn, { challenge, memory: null, now: clock.now() })
  const parameters = { MFAS_CAN_CHOOSE: JSON.stringify(methods), USER_ID_FOR_SRP: signIn.user.username }
  return { name: challenge, parameters, session: sealState(secrets, step) }
}

/** SELECT_MFA_TYPE: the user selects one of several second factors. The challenge of that factor follows. */
export const selectMfa: Factor<SecondFactorDeps> = {
  challenge,

  async handleAnswer(deps, answer) {
    const { step, signIn } = await openLaterStep<null>(deps, answer, challenge)
    const selected = requireParameter(answer.responses, 'ANSWER')
    const hasApp = await hasSoftwareToken(deps.db, signIn.user)
    const methods =
      methodsOfStepUp(signIn, hasApp) ?? methodsOf(decideMfa(signIn.context.pool, signIn.user, hasApp, demandedMfa(signIn, hasApp)))
    // In an answer to SELECT_MFA_TYPE, Cognito's documentation calls codes by e-mail EMAIL_MFA, not EMAIL_OTP.
    const method = methods.find((one) => one === selected || (one === 'EMAIL_OTP' && selected === 'EMAIL_MFA'))
    if (method === undefined) throw new ApiError('InvalidParameterException', `ANSWER must be one of ${methods.join(', ')}.`)
    return { kind: 'challenge', challenge: await secondFactors[method].createChallenge(deps, signIn), consumes: step }
  },
}

function methodsOf(decision: MfaDecision): readonly MfaMethod[] {
  if (decision.kind === 'select') return decision.methods
  return decision.kind === 'challenge' ? [decision.method] : []
}

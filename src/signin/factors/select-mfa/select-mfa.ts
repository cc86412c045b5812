import { ApiError } from '../../../contract/api-error.ts'
import type { MfaMethod } from '../../../pools/pool.ts'
import { hasSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import { methodsOfStepUp } from '../../assurance/second-step.ts'
import type { Factor, Question, Verdict } from '../../factor.ts'
import { type LaterStepDeps, newLaterStep, openLaterStep, signInOf } from '../../later-step.ts'
import { decideMfa, type MfaDecision } from '../../mfa-decision.ts'
import { requireParameter } from '../../parameters.ts'
import { type SecondFactorDeps, secondFactors } from '../../second-factors.ts'
import type { SignIn } from '../../sign-in.ts'
import { sealState } from '../../sign-in-state.ts'

const challenge = 'SELECT_MFA_TYPE'

export async function askForChoice({ secrets, clock }: LaterStepDeps, signIn: SignIn, methods: readonly MfaMethod[]): Promise<Question> {
  const step = newLaterStep(signIn, { challenge, memory: null, now: clock.now() })
  const parameters = { MFAS_CAN_CHOOSE: JSON.stringify(methods), USER_ID_FOR_SRP: signIn.user.username }
  return { name: challenge, parameters, session: sealState(secrets, step) }
}

/** SELECT_MFA_TYPE: the user says which of several second factors it shall be, and is asked for that one. */
export const selectMfa: Factor<SecondFactorDeps> = {
  challenge,

  async answer(deps, answer) {
    const { step, user } = await openLaterStep<null>(deps, answer, challenge)
    const { pool } = answer
    const chosen = requireParameter(answer.responses, 'ANSWER')
    const hasApp = await hasSoftwareToken(deps.db, user)
    const methods = methodsOfStepUp({ ...step, pool, user }, hasApp) ?? choicesOf(decideMfa(pool, user, hasApp))
    // The documentation has a name of its own for codes by e-mail.
    const method = methods.find((one) => one === chosen || (one === 'EMAIL_OTP' && chosen === 'EMAIL_MFA'))
    if (method === undefined) throw new ApiError('InvalidParameterException', `ANSWER must be one of ${methods.join(', ')}.`)
    const question = await secondFactors[method].createChallenge(deps, signInOf(answer, user, step))
    return { kind: 'ask', question, consumes: step } satisfies Verdict
  },
}

function choicesOf(decision: MfaDecision): readonly MfaMethod[] {
  if (decision.kind === 'select') return decision.methods
  return decision.kind === 'challenge' ? [decision.method] : []
}

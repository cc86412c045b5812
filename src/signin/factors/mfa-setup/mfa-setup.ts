import { ApiError } from '../../../contract/api-error.ts'
import { isEmailAddress } from '../../../pools/attribute-formats.ts'
import type { MfaMethod } from '../../../pools/pool.ts'
import { hasSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import { changeAttributes } from '../../../users/user.ts'
import { requireFreeNames } from '../../../users/user-names.ts'
import type { Factor, Question, Verdict } from '../../factor.ts'
import { type LaterStepDeps, newLaterStep, openLaterStep, signInOf } from '../../later-step.ts'
import type { SecondFactorDeps } from '../../second-factors.ts'
import type { SignIn } from '../../sign-in.ts'
import { invalidSession, sealState } from '../../sign-in-state.ts'
import { askForNewEmail } from '../email/email.ts'
import { canSetUp, type SetupMemory } from './setup-step.ts'

const challenge = 'MFA_SETUP'

export async function askForSetup({ secrets, clock }: LaterStepDeps, signIn: SignIn, methods: readonly MfaMethod[]): Promise<Question> {
  const memory: SetupMemory = { secret: null, isProven: false }
  const step = newLaterStep(signIn, { challenge, memory, now: clock.now() })
  const parameters = { MFAS_CAN_SETUP: JSON.stringify(methods), USER_ID_FOR_SRP: signIn.user.username }
  return { name: challenge, parameters, session: sealState(secrets, step) }
}

/**
 * MFA_SETUP: the user gets a second factor in the course of the sign-in. An authenticator app is registered by AssociateSoftwareToken
 * and VerifySoftwareToken, and the Session of the latter is the answer; with EMAIL the answer is an address, and the next question the
 * code that is sent there.
 */
export const mfaSetup: Factor<SecondFactorDeps> = {
  challenge,

  async answer(deps, answer) {
    const { step, user } = await openLaterStep<SetupMemory>(deps, answer, challenge)
    const { pool, responses } = answer
    if (step.memory.own.isProven) {
      // An administrator may have taken the app away again.
      if (!(await hasSoftwareToken(deps.db, user))) throw invalidSession()
      return { kind: 'proven', proof: { user, proofs: [...step.proofs, challenge], consumes: step } } satisfies Verdict
    }
    const address = responses['EMAIL']
    if (!address) throw new ApiError('SoftwareTokenMFANotFoundException', 'User has not verified software token mfa')
    if (!(await canSetUp(deps.db, pool, user, 'EMAIL_OTP'))) throw new ApiError('InvalidParameterException', 'EMAIL_OTP cannot be set up.')
    if (!isEmailAddress(address)) throw new ApiError('InvalidParameterException', 'Invalid email address format.')
    await requireFreeNames(deps, pool, user, changeAttributes(user.attributes, { email: address }))
    const question = await askForNewEmail(deps, signInOf(answer, user, step), address)
    return { kind: 'ask', question, consumes: step } satisfies Verdict
  },
}

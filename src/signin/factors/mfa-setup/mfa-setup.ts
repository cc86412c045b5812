import { ApiError } from '../../../contract/api-error.ts'
import { isEmailAddress } from '../../../pools/attribute-formats.ts'
import type { MfaMethod } from '../../../pools/pool.ts'
import { hasSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import { requireUnlocked } from '../../../users/self-service/self-service.ts'
import { changeAttributes } from '../../../users/user.ts'
import { requireFreeNames } from '../../../users/user-names.ts'
import type { Factor, NewChallenge } from '../../factor.ts'
import { type LaterStepDeps, newLaterStep, openLaterStep } from '../../later-step.ts'
import { sealState } from '../../sealed-state.ts'
import type { SecondFactorDeps } from '../../second-factors.ts'
import { type SignIn, withProof } from '../../sign-in.ts'
import { invalidSession } from '../../sign-in-errors.ts'
import { createNewEmailChallenge } from '../message/message-factor.ts'
import { canSetUp, type SetupMemory } from './setup-step.ts'

const challenge = 'MFA_SETUP'

export async function createSetupChallenge(
  { secrets, clock }: LaterStepDeps,
  signIn: SignIn,
  methods: readonly MfaMethod[],
): Promise<NewChallenge> {
  const memory: SetupMemory = { secret: null, isProven: false }
  const step = newLaterStep(signIn, { challenge, memory, now: clock.now() })
  const parameters = { MFAS_CAN_SETUP: JSON.stringify(methods), USER_ID_FOR_SRP: signIn.user.username }
  return { name: challenge, parameters, session: sealState(secrets, step) }
}

/**
 * MFA_SETUP: the user sets up a second factor during the sign-in. For an authenticator app the client calls AssociateSoftwareToken and
 * VerifySoftwareToken, and answers with the Session that VerifySoftwareToken returned. For e-mail the client answers with an address
 * (EMAIL), and the next challenge asks for the code that is sent there.
 */
export const mfaSetup: Factor<SecondFactorDeps> = {
  challenge,

  async handleAnswer(deps, answer) {
    const { step, signIn } = await openLaterStep<SetupMemory>(deps, answer, challenge)
    const { context, user } = signIn
    const { pool, client } = context
    if (step.memory.isProven) {
      // An administrator may have removed the authenticator app since VerifySoftwareToken registered it.
      if (!(await hasSoftwareToken(deps.db, user))) throw invalidSession()
      return { kind: 'proven', user, progress: withProof(step.progress, challenge), consumes: step }
    }
    const address = answer.responses['EMAIL']
    if (!address) throw new ApiError('SoftwareTokenMFANotFoundException', 'User has not verified software token mfa')
    if (!(await canSetUp(deps.db, pool, user, 'EMAIL_OTP'))) throw new ApiError('InvalidParameterException', 'EMAIL_OTP cannot be set up.')
    requireUnlocked({ pool, client }, ['email'])
    if (!isEmailAddress(address)) throw new ApiError('InvalidParameterException', 'Invalid email address format.')
    await requireFreeNames(deps, pool, user, changeAttributes(user.attributes, { email: address }))
    return { kind: 'challenge', challenge: await createNewEmailChallenge(deps, signIn, address), consumes: step }
  },
}

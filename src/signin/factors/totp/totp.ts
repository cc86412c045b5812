import { ApiError } from '../../../contract/api-error.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { findTimeStep, openSoftwareSecret } from '../../../users/mfa/software-token.ts'
import { consumeSoftwareTokenStep, findSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import type { User } from '../../../users/user.ts'
import type { SecondFactor, Verdict } from '../../factor.ts'
import { type LaterStepDeps, newLaterStep, openLaterStep } from '../../later-step.ts'
import { requireParameter } from '../../parameters.ts'
import { wrongSignInCode } from '../../sent-code.ts'
import { sealState } from '../../sign-in-state.ts'
import { WrongProof } from '../../wrong-proof.ts'

export type TotpDeps = LaterStepDeps & { readonly codeLockout: Lockout }

const challenge = 'SOFTWARE_TOKEN_MFA'

/** SOFTWARE_TOKEN_MFA: the code that the user's authenticator app shows (RFC 6238). */
export const totp: SecondFactor<TotpDeps> = {
  challenge,

  async createChallenge({ db, secrets, clock }, signIn) {
    const { user } = signIn
    const deviceName = (await findSoftwareToken(db, user))?.deviceName
    const step = newLaterStep(signIn, { challenge, memory: null, now: clock.now() })
    return {
      name: challenge,
      parameters: { ...(deviceName && { FRIENDLY_DEVICE_NAME: deviceName }), USER_ID_FOR_SRP: user.username },
      session: sealState(secrets, step),
    }
  },

  async answer(deps, answer) {
    const { step, user } = await openLaterStep<null>(deps, answer, challenge)
    await requireSoftwareCode(deps, user, requireParameter(answer.responses, 'SOFTWARE_TOKEN_MFA_CODE'))
    return { kind: 'proven', proof: { user, proofs: [...step.proofs, challenge], consumes: step } } satisfies Verdict
  },
}

/** Uses the code up. Throws CodeMismatchException when it is wrong, ExpiredCodeException when it has been used, by anybody. */
async function requireSoftwareCode({ db, secrets, clock, codeLockout }: TotpDeps, user: User, code: string): Promise<void> {
  const now = clock.now()
  const { proven } = await codeLockout.guard(user.poolId, user.sub, now, async () => {
    const secret = (await findSoftwareToken(db, user))?.secret
    // An administrator has taken it away since the question.
    if (!secret) throw new ApiError('SoftwareTokenMFANotFoundException', 'The user has no software token.')
    const step = findTimeStep(openSoftwareSecret(secrets, user, secret), code, now)
    if (step === undefined) return { proven: false }
    if (await consumeSoftwareTokenStep(db, user, { secret, step })) return { proven: true, value: undefined }
    throw new WrongProof('ExpiredCodeException', 'Your software token has already been used once.')
  })
  if (!proven) throw wrongSignInCode()
}

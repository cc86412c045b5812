import { ApiError } from '../../../contract/api-error.ts'
import type { FormerQuestion } from '../../../users/former-pool/former-pools.ts'
import { findTimeStep, openSoftwareSecret } from '../../../users/mfa/software-token.ts'
import { consumeSoftwareTokenStep, findSoftwareToken } from '../../../users/mfa/software-token-repository.ts'
import type { User } from '../../../users/user.ts'
import type { SecondFactor } from '../../factor.ts'
import { type LaterStep, newLaterStep, openLaterStep } from '../../later-step.ts'
import { requireParameter } from '../../parameters.ts'
import { sealState } from '../../sealed-state.ts'
import { withProof } from '../../sign-in.ts'
import { WrongProof, wrongSignInCode } from '../../sign-in-errors.ts'
import { type FormerAppDeps, proveFormerApp } from './former-app.ts'

export type TotpDeps = FormerAppDeps

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

  async handleAnswer(deps, answer) {
    const { step, signIn } = await openLaterStep<FormerQuestion | null>(deps, answer, challenge)
    const code = requireParameter(answer.responses, 'SOFTWARE_TOKEN_MFA_CODE')
    const progress = withProof(step.progress, challenge)
    if (isForFormerPool(step)) {
      return { kind: 'proven', user: await proveFormerApp(deps, signIn, step, code), progress, consumes: step }
    }
    await requireSoftwareCode(deps, signIn.user, code)
    return { kind: 'proven', user: signIn.user, progress, consumes: step }
  },
}

const isForFormerPool = (step: LaterStep<FormerQuestion | null>): step is LaterStep<FormerQuestion> => step.memory !== null

/**
 * Checks the code of the user's authenticator app, and consumes it.
 *
 * @throws ApiError CodeMismatchException when the code is wrong, ExpiredCodeException when it was used before, and
 * SoftwareTokenMFANotFoundException when the user no longer has an authenticator app.
 */
async function requireSoftwareCode({ db, secrets, clock, codeLockout }: TotpDeps, user: User, code: string): Promise<void> {
  const now = clock.now()
  const { proven } = await codeLockout.guard(user.poolId, user.sub, now, async () => {
    const secret = (await findSoftwareToken(db, user))?.secret
    // An administrator removed the app after the challenge was issued.
    if (!secret) throw new ApiError('SoftwareTokenMFANotFoundException', 'The user has no software token.')
    const step = findTimeStep(openSoftwareSecret(secrets, user, secret), code, now)
    if (step === undefined) return { proven: false }
    if (await consumeSoftwareTokenStep(db, user, { secret, step })) return { proven: true, value: undefined }
    throw new WrongProof('ExpiredCodeException', 'Your software token has already been used once.')
  })
  if (!proven) throw wrongSignInCode()
}

import { invalidParameter } from '../../../contract/api-error.ts'
import { recoveryCodesOf } from '../../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Lockout } from '../../../protection/lockout.ts'
import { consumeState } from '../../../storage/consumed-state-repository.ts'
import { type AccountNoticeDeps, queueAccountNotice, sendAccountNotices } from '../../../users/account-notices/queue-account-notice.ts'
import { consumeRecoveryCode, findRecoveryCodeSet } from '../../../users/recovery-codes/recovery-code-repository.ts'
import { findRecoveryCode } from '../../../users/recovery-codes/recovery-codes.ts'
import { lockUser } from '../../../users/user-repository.ts'
import { levelReached } from '../../assurance/methods.ts'
import type { ChallengeAnswer, ProvenStep } from '../../factor.ts'
import { isStampCurrent, type LaterStep, type LaterStepDeps, openLaterStep } from '../../later-step.ts'
import { type RequestParameters, requireParameter } from '../../parameters.ts'
import { type ChallengeName, type Proof, type SignIn, withProof } from '../../sign-in.ts'
import { invalidSession, usedSession, wrongSignInCode } from '../../sign-in-errors.ts'
import type { SignInState } from '../../sign-in-state.ts'
import type { SentCodeMemory } from '../message/sent-code.ts'

type Deps = LaterStepDeps & AccountNoticeDeps & { readonly codeLockout: Lockout }

/** The key of ChallengeResponses that holds a recovery code. */
const answerKey = 'RECOVERY_CODE'

/** The challenges that a recovery code can answer, and the key that holds the usual answer. */
const usualKeys: Readonly<Partial<Record<ChallengeName, string>>> = {
  SMS_MFA: 'SMS_MFA_CODE',
  EMAIL_OTP: 'EMAIL_OTP_CODE',
  SOFTWARE_TOKEN_MFA: 'SOFTWARE_TOKEN_MFA_CODE',
  SELECT_MFA_TYPE: 'ANSWER',
}

/** What an answer to the challenge tries to prove. Where recovery codes are off, RECOVERY_CODE is ignored, as Cognito does. */
export function attemptedProof(pool: Pool, challenge: ChallengeName, responses: RequestParameters): Proof {
  const bringsCode = recoveryCodesOf(pool).enabled && usualKeys[challenge] !== undefined && responses[answerKey] !== undefined
  return bringsCode ? 'RECOVERY_CODE' : challenge
}

/**
 * Whether a recovery code can answer the challenge of this state. It stands in for a second factor that the user has set up. So it is neither
 * a first factor nor a proof of a new address, and it does not step up: an app that asks for a level wants a real factor. What a state accepts
 * does not depend on whether the user has codes.
 */
export function acceptsRecoveryCode(pool: Pool, { challenge, progress, memory }: SignInState): boolean {
  const { proofs, stepUp } = progress
  if (!recoveryCodesOf(pool).enabled || usualKeys[challenge] === undefined || proofs.length === 0) return false
  const isNewAddress = (memory as Partial<SentCodeMemory> | null)?.newAddress !== undefined
  return !isNewAddress && (stepUp === undefined || levelReached(proofs) >= stepUp.goal)
}

/**
 * Takes a recovery code as the answer to the challenge of a second factor. The code and the sign-in state are consumed in one transaction: a
 * code is spent only on the sign-in that it takes further.
 *
 * @throws ApiError InvalidParameterException when a recovery code cannot answer the challenge, CodeMismatchException when the code is wrong or
 * was used, and NotAuthorizedException while the user is locked.
 */
export async function answerByRecoveryCode(deps: Deps, answer: ChallengeAnswer, challenge: ChallengeName): Promise<ProvenStep> {
  const { responses, context } = answer
  const { pool } = context
  const typed = requireParameter(responses, answerKey)
  const usual = usualKeys[challenge] ?? ''
  if (responses[usual]) throw invalidParameter(`Give either ${answerKey} or ${usual}, and not both.`)
  const { step, signIn } = await openLaterStep<unknown>(deps, answer, challenge)
  if (!acceptsRecoveryCode(pool, step)) {
    throw invalidParameter(`${answerKey} cannot answer this challenge: it stands in for a second factor that was set up earlier.`)
  }
  const { proven } = await deps.codeLockout.guard(pool.id, step.sub, deps.clock.now(), async () => {
    const hash = findRecoveryCode(deps.secrets, signIn.user, await findRecoveryCodeSet(deps.db, signIn.user), typed)
    const isUsed = hash !== undefined && (await useCode(deps, signIn, step, hash))
    return isUsed ? { proven: true, value: undefined } : { proven: false }
  })
  if (!proven) throw wrongSignInCode()
  await sendAccountNotices(deps, pool)
  return { kind: 'proven', user: signIn.user, progress: withProof(step.progress, 'RECOVERY_CODE', challenge), consumes: undefined }
}

/** False when another request was first to use the code, or the codes were replaced or deleted meanwhile. */
function useCode(deps: Deps, { context }: SignIn, step: LaterStep<unknown>, hash: string): Promise<boolean> {
  const { pool, client, audit } = context
  const now = deps.clock.now()
  return deps.db.transaction().execute(async (tx) => {
    const user = await lockUser(tx, pool.id, step.sub)
    if (user === undefined || !isStampCurrent(step, user)) throw invalidSession()
    const codesLeft = await consumeRecoveryCode(tx, user, hash)
    if (codesLeft === undefined) return false
    if (!(await consumeState(tx, step.id, step.expiresAt))) throw usedSession()
    await queueAccountNotice(tx, deps, { pool, user, change: 'RECOVERY_CODE', clientId: client.id, codesLeft, now })
    await audit?.recordEarlierStep(tx, { user, detail: `a recovery code was used; codes left: ${codesLeft}` })
    return true
  })
}

import { type ContactAttribute, nameKey } from '../../../pools/pool.ts'
import { consumeState } from '../../../storage/consumed-state-repository.ts'
import { detailOfTaken, lockUserTakingAliases } from '../../../users/alias-takeover.ts'
import { storeUser } from '../../../users/attribute-changes.ts'
import { withMfa } from '../../../users/mfa/mfa-preferences.ts'
import { isVerified, type User } from '../../../users/user.ts'
import type { NewChallenge, SecondFactor } from '../../factor.ts'
import { isStampCurrent, openLaterStep } from '../../later-step.ts'
import { requireParameter } from '../../parameters.ts'
import { type SignIn, withProof } from '../../sign-in.ts'
import { invalidSession, usedSession, wrongSignInCode } from '../../sign-in-errors.ts'
import { createSentCodeChallenge, requireSentCode, type SentCodeDeps, type SentCodeMemory, type SentCodeStep } from './sent-code.ts'

type MessageFactorSpec = {
  readonly challenge: 'SMS_MFA' | 'EMAIL_OTP'
  readonly attribute: ContactAttribute
  /** The key of ChallengeResponses that holds the code. */
  readonly answerKey: string
  readonly digits: number
}

/** (Unconfirmed: how long Cognito's code of EMAIL_OTP is as a second factor. As a first factor it has eight digits.) */
const emailSpec: MessageFactorSpec = { challenge: 'EMAIL_OTP', attribute: 'email', answerKey: 'EMAIL_OTP_CODE', digits: 6 }
const smsSpec: MessageFactorSpec = { challenge: 'SMS_MFA', attribute: 'phone_number', answerKey: 'SMS_MFA_CODE', digits: 6 }

/** EMAIL_OTP: a code to the user's e-mail address. */
export const email = messageFactor(emailSpec)

/** SMS_MFA: a code to the user's phone. */
export const sms = messageFactor(smsSpec)

/** EMAIL_OTP for a new address. The right code makes the address the user's own, and activates EMAIL_OTP as a second factor. */
export function createNewEmailChallenge(deps: SentCodeDeps, signIn: SignIn, address: string): Promise<NewChallenge> {
  const { challenge, attribute, digits } = emailSpec
  return createSentCodeChallenge(deps, signIn, { challenge, contact: { attribute, value: address }, digits, isNew: true })
}

/** A second factor that sends a code to the user. The right code also verifies the address. */
function messageFactor(spec: MessageFactorSpec): SecondFactor<SentCodeDeps> {
  const { challenge, attribute, answerKey, digits } = spec
  return {
    challenge,

    async createChallenge(deps, signIn) {
      const value = signIn.user.attributes[attribute]
      if (!value) throw invalidSession()
      return createSentCodeChallenge(deps, signIn, { challenge, contact: { attribute, value }, digits })
    },

    async handleAnswer(deps, answer) {
      const { step, signIn } = await openLaterStep<SentCodeMemory>(deps, answer, challenge)
      const { user } = signIn
      const { newAddress } = step.memory
      const address = newAddress ?? user.attributes[attribute]
      await requireSentCode(deps, step, address, requireParameter(answer.responses, answerKey))
      const progress = withProof(step.progress, challenge)
      if (newAddress === undefined && isVerified(user.attributes, attribute)) return { kind: 'proven', user, progress, consumes: step }
      const verified = await verifyAddress(deps, signIn.context, step, { ...spec, address: address ?? '' })
      return { kind: 'proven', user: verified, progress, consumes: undefined }
    },
  }
}

/**
 * Verifies the address, and adds it to the user if it is new. If another user has the address as an alias, that user loses the alias. The
 * transaction that does this also consumes the sign-in state (`step`).
 */
async function verifyAddress(
  { db, clock }: SentCodeDeps,
  { pool, audit }: SignIn['context'],
  step: SentCodeStep,
  { challenge, attribute, address }: MessageFactorSpec & { readonly address: string },
): Promise<User> {
  const now = clock.now()
  const isNew = step.memory.newAddress !== undefined
  return db.transaction().execute(async (tx) => {
    const aliases = [{ kind: attribute, key: nameKey(pool, address) }]
    const { user: before, takenFrom } = await lockUserTakingAliases(tx, pool, { sub: step.sub, aliases }, now)
    if (!(await consumeState(tx, step.id, step.expiresAt))) throw usedSession()
    if (before === undefined || !isStampCurrent(step, before)) throw invalidSession()
    // The user's address was changed since the code was sent.
    if (before.attributes[attribute] !== (isNew ? undefined : address)) throw wrongSignInCode()
    const attributes = { ...before.attributes, [attribute]: address, [`${attribute}_verified`]: 'true' }
    const mfa = isNew ? withMfa(before.mfa, challenge) : before.mfa
    const after = { ...before, attributes, mfa, updatedAt: now }
    await storeUser(tx, pool, before, after)
    const detail = detailOfTaken(takenFrom)
    if (detail !== undefined) await audit?.recordEarlierStep(tx, { user: after, detail })
    return after
  })
}

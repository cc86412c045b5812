import { type ContactAttribute, nameKey, type Pool } from '../pools/pool.ts'
import { consumeState } from '../storage/consumed-state-repository.ts'
import { lockUserTakingAliases } from '../users/alias-takeover.ts'
import { storeUser } from '../users/attribute-changes.ts'
import { withMfa } from '../users/mfa/mfa-preferences.ts'
import { isVerified, type User } from '../users/user.ts'
import type { SecondFactor, Verdict } from './factor.ts'
import { isStampCurrent, openLaterStep } from './later-step.ts'
import { requireParameter } from './parameters.ts'
import { askForSentCode, requireSentCode, type SentCodeDeps, type SentCodeMemory, type SentCodeStep, wrongSignInCode } from './sent-code.ts'
import { invalidSession, usedSession } from './sign-in-state.ts'

type Spec = {
  readonly challenge: 'SMS_MFA' | 'EMAIL_OTP'
  readonly attribute: ContactAttribute
  /** The key of ChallengeResponses that holds the code. */
  readonly answerKey: string
  readonly digits: number
}

/** A second factor whose code is sent to an address of the user. Whoever brings it back has proven the address as well. */
export function messageFactor(spec: Spec): SecondFactor<SentCodeDeps> {
  const { challenge, attribute, answerKey, digits } = spec
  return {
    challenge,

    async createChallenge(deps, signIn) {
      const value = signIn.user.attributes[attribute]
      if (!value) throw invalidSession()
      return askForSentCode(deps, signIn, { challenge, contact: { attribute, value }, digits })
    },

    async answer(deps, answer) {
      const { step, user } = await openLaterStep<SentCodeMemory>(deps, answer, challenge)
      const { newAddress } = step.memory.own
      const address = newAddress ?? user.attributes[attribute]
      await requireSentCode(deps, step, address, requireParameter(answer.responses, answerKey))
      const proofs = [...step.proofs, challenge]
      if (newAddress === undefined && isVerified(user.attributes, attribute)) {
        return { kind: 'proven', proof: { user, proofs, consumes: step } } satisfies Verdict
      }
      const verified = await verifyAddress(deps, answer.pool, step, { ...spec, address: address ?? '' })
      return { kind: 'proven', proof: { user: verified, proofs, consumes: undefined } } satisfies Verdict
    },
  }
}

/** The address is verified now, and the user's if it was not yet. The step is spent with it. As an alias it leaves whoever had it. */
async function verifyAddress(
  { db, clock }: SentCodeDeps,
  pool: Pool,
  step: SentCodeStep,
  { challenge, attribute, address }: Spec & { address: string },
): Promise<User> {
  const now = clock.now()
  const isNew = step.memory.own.newAddress !== undefined
  return db.transaction().execute(async (tx) => {
    const before = await lockUserTakingAliases(
      tx,
      pool,
      { sub: step.sub, aliases: [{ kind: attribute, key: nameKey(pool, address) }] },
      now,
    )
    if (!(await consumeState(tx, step.id, step.expiresAt))) throw usedSession()
    if (before === undefined || !isStampCurrent(step, before)) throw invalidSession()
    // Another address has come in between.
    if (before.attributes[attribute] !== (isNew ? undefined : address)) throw wrongSignInCode()
    const attributes = { ...before.attributes, [attribute]: address, [`${attribute}_verified`]: 'true' }
    const mfa = isNew ? withMfa(before.mfa, challenge) : before.mfa
    const after = { ...before, attributes, mfa, updatedAt: now }
    await storeUser(tx, pool, before, after)
    return after
  })
}

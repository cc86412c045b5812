import { simulateRendering } from '../../../messaging/message-content.ts'
import { queueSignInCode } from '../../../messaging/send-code.ts'
import { chooseCode } from '../../../messaging/test-user-code.ts'
import { hidesUserExistence } from '../../../pools/app-client.ts'
import type { ContactAttribute } from '../../../pools/pool.ts'
import { limitAttempts } from '../../../protection/attempt-limit.ts'
import type { CallerContext } from '../../../triggers/trigger.ts'
import { simulateQueue } from '../../../users/decoy-code.ts'
import { shownSignInDelivery } from '../../../users/shown-address.ts'
import { renderMessageTo } from '../../../users/user-triggers.ts'
import { type ChoiceState, newChoiceState, sealChoiceState } from '../../choice/choice-state.ts'
import type { Chooser } from '../../choice/choices.ts'
import type { Question, Verdict } from '../../factor.ts'
import { hashOfSignInCode, isSignInCode, type SentCodeDeps, wrongSignInCode } from '../../sent-code.ts'
import { confirmByAddress } from './confirm-by-address.ts'

/** A code is all that such a sign-in takes, so it is longer than those of a second factor (observed for e-mail). */
const digits = 8

export type CodeChoice = 'EMAIL_OTP' | 'SMS_OTP'

const contactOfChoice: Readonly<Record<CodeChoice, ContactAttribute>> = { EMAIL_OTP: 'email', SMS_OTP: 'phone_number' }

/**
 * EMAIL_OTP or SMS_OTP as the first factor: a code goes out with the question, or seems to. Throws TooManyRequestsException when too
 * many have been asked for.
 */
export async function askForOneTimeCode(deps: SentCodeDeps, chooser: Chooser, choice: CodeChoice): Promise<Question> {
  const { db, secrets, clock, triggers } = deps
  const { pool, client, sub, user, known, name, caller } = chooser
  const now = clock.now()
  const attribute = contactOfChoice[choice]
  await limitAttempts(db, { poolId: pool.id, subject: sub, action: 'FirstFactorMessage' }, now)
  const messageContent =
    user && (await renderMessageTo(triggers, { pool, user, attributes: [attribute], kind: 'mfa', callerContext: caller }))
  if (user === undefined) await simulateRendering(triggers, pool, attribute)
  const code = chooseCode(secrets, user && { pool, user }, digits)
  const value = user?.attributes[attribute] ?? ''
  const state = newChoiceState(deps, chooser, choice)
  const { medium, destination } = shownSignInDelivery(secrets, pool, { name, user: user ?? known, now }, attribute)
  return {
    name: choice,
    parameters: { CODE_DELIVERY_DELIVERY_MEDIUM: medium, CODE_DELIVERY_DESTINATION: destination },
    session: sealChoiceState(deps, state, { codeHash: hashOfSignInCode(secrets, { ...state, challenge: choice }, value, code) }),
    async queue(tx) {
      if (user === undefined || messageContent === undefined) {
        await simulateQueue(tx, secrets, pool, { sub, username: name, attribute, kind: 'mfa', code, now })
        return undefined
      }
      const contact = { attribute, value }
      const delivery = await queueSignInCode(tx, secrets, { pool, user, contact, messageContent, code, now, expiresAt: state.expiresAt })
      return hidesUserExistence(client) ? undefined : delivery
    },
  }
}

type CodeAnswer = { readonly state: ChoiceState; readonly code: string; readonly caller: CallerContext }

/** Throws CodeMismatchException unless it is the code that was sent to the address which the user still has. */
export async function proveOneTimeCode(
  deps: SentCodeDeps,
  { pool, user }: Chooser,
  choice: CodeChoice,
  { state, code, caller }: CodeAnswer,
): Promise<Verdict> {
  const { secrets, codeLockout, clock } = deps
  const attribute = contactOfChoice[choice]
  const address = user?.attributes[attribute]
  const { proven } = await codeLockout.guard(pool.id, state.sub, clock.now(), async () => {
    const attempt = { address: address ?? '', code, hash: state.memory.codeHash ?? '' }
    const isRight = isSignInCode(secrets, { ...state, challenge: choice }, attempt)
    return isRight && address !== undefined ? { proven: true, value: undefined } : { proven: false }
  })
  if (!proven || user === undefined || address === undefined) throw wrongSignInCode()
  const { user: confirmed, consumes } = await confirmByAddress(deps, pool, { user, attribute, address, state, caller })
  return { kind: 'proven', proof: { user: confirmed, proofs: [choice], consumes } }
}

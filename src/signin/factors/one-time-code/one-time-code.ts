import { simulateRendering } from '../../../messaging/message-content.ts'
import { queueSignInCode } from '../../../messaging/send-code.ts'
import { chooseCode } from '../../../messaging/test-user-code.ts'
import { hidesUserExistence } from '../../../pools/app-client.ts'
import type { ContactAttribute } from '../../../pools/pool.ts'
import { limitAttempts } from '../../../protection/attempt-limit.ts'
import { simulateQueue } from '../../../users/decoy-code.ts'
import { shownSignInDelivery } from '../../../users/shown-address.ts'
import { renderMessageTo } from '../../../users/user-triggers.ts'
import { type ChoiceState, newChoiceState, sealChoiceState } from '../../choice/choice-state.ts'
import type { ChoiceSignIn } from '../../choice/choices.ts'
import type { NewChallenge, ProvenStep } from '../../factor.ts'
import { withProof } from '../../sign-in.ts'
import { wrongSignInCode } from '../../sign-in-errors.ts'
import { hashOfSignInCode, isSignInCode, type SentCodeDeps } from '../message/sent-code.ts'
import { confirmByAddress } from './confirm-by-address.ts'

/** The length of the code. This code is the only factor, so it is longer than the code of a second factor (observed for e-mail). */
const digits = 8

export type CodeChoice = 'EMAIL_OTP' | 'SMS_OTP'

const contactOfChoice: Readonly<Record<CodeChoice, ContactAttribute>> = { EMAIL_OTP: 'email', SMS_OTP: 'phone_number' }

/**
 * EMAIL_OTP or SMS_OTP as the first factor. A code is sent with the challenge; for a decoy the sending is only simulated.
 *
 * @throws ApiError TooManyRequestsException when too many codes were requested.
 */
export async function createOneTimeCodeChallenge(deps: SentCodeDeps, signIn: ChoiceSignIn, choice: CodeChoice): Promise<NewChallenge> {
  const { db, secrets, clock, triggers } = deps
  const { context, sub, user, hiddenUser, name } = signIn
  const { pool, client, caller } = context
  const now = clock.now()
  const attribute = contactOfChoice[choice]
  await limitAttempts(db, { poolId: pool.id, subject: sub, action: 'FirstFactorMessage' }, now)
  const messageContent =
    user && (await renderMessageTo(triggers, { pool, user, attributes: [attribute], kind: 'mfa', callerContext: caller }))
  if (user === undefined) await simulateRendering(triggers, pool, attribute)
  const code = chooseCode(secrets, user && { pool, user }, digits)
  const value = user?.attributes[attribute] ?? ''
  const state = newChoiceState(deps, signIn, choice)
  const { medium, destination } = shownSignInDelivery(secrets, pool, { name, user: user ?? hiddenUser, now }, attribute)
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

/** @throws ApiError CodeMismatchException when the code is wrong, or was sent to an address that the user no longer has. */
export async function proveOneTimeCode(
  deps: SentCodeDeps,
  { context: { pool, caller, audit }, user }: ChoiceSignIn,
  choice: CodeChoice,
  { state, code }: { readonly state: ChoiceState; readonly code: string },
): Promise<ProvenStep> {
  const { secrets, codeLockout, clock } = deps
  const attribute = contactOfChoice[choice]
  const address = user?.attributes[attribute]
  const { proven } = await codeLockout.guard(pool.id, state.sub, clock.now(), async () => {
    const attempt = { address: address ?? '', code, hash: state.memory.codeHash ?? '' }
    const isRight = isSignInCode(secrets, { ...state, challenge: choice }, attempt)
    return isRight && address !== undefined ? { proven: true, value: undefined } : { proven: false }
  })
  if (!proven || user === undefined || address === undefined) throw wrongSignInCode()
  const { user: confirmed, consumes } = await confirmByAddress(deps, pool, { user, attribute, address, state, caller, audit })
  return { kind: 'proven', user: confirmed, progress: withProof(state.progress, choice), consumes }
}

import type { Question } from '../../factor.ts'
import { messageFactor } from '../../message-factor.ts'
import { askForSentCode, type SentCodeDeps } from '../../sent-code.ts'
import type { SignIn } from '../../sign-in.ts'

const challenge = 'EMAIL_OTP'

/** (Unconfirmed: Cognito may send eight, as it does where e-mail is the first factor.) */
const digits = 6

/** EMAIL_OTP: a code to the user's mailbox. */
export const email = messageFactor({ challenge, attribute: 'email', answerKey: 'EMAIL_OTP_CODE', digits })

/** The same question about an address that becomes the user's, and their second factor, with the right answer. */
export function askForNewEmail(deps: SentCodeDeps, signIn: SignIn, address: string): Promise<Question> {
  return askForSentCode(deps, signIn, { challenge, contact: { attribute: 'email', value: address }, digits, isNew: true })
}

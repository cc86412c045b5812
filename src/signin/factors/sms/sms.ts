import { messageFactor } from '../../message-factor.ts'

/** SMS_MFA: a code to the user's phone. */
export const sms = messageFactor({ challenge: 'SMS_MFA', attribute: 'phone_number', answerKey: 'SMS_MFA_CODE', digits: 6 })

/** The first factors of a choice-based sign-in, in the order in which Cognito lists them. A password can be proven in two ways. */
export const firstFactors = ['PASSWORD_SRP', 'PASSWORD', 'EMAIL_OTP', 'SMS_OTP', 'WEB_AUTHN'] as const
export type FirstFactor = (typeof firstFactors)[number]

/** The parameter of a request that holds the proof of each first factor. */
export const proofParameters: Readonly<Record<FirstFactor, string>> = {
  PASSWORD_SRP: 'SRP_A',
  PASSWORD: 'PASSWORD',
  EMAIL_OTP: 'EMAIL_OTP_CODE',
  SMS_OTP: 'SMS_OTP_CODE',
  WEB_AUTHN: 'CREDENTIAL',
}

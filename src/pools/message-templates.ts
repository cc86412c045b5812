/** The texts of a pool's messages. An undefined member stands for Cognito's default text. */
export type MessageTemplates = {
  readonly verifyBy: 'CONFIRM_WITH_CODE' | 'CONFIRM_WITH_LINK'
  readonly verificationSms: string | undefined
  readonly verificationEmail: string | undefined
  readonly verificationSubject: string | undefined
  readonly linkEmail: string | undefined
  readonly linkSubject: string | undefined
  readonly mfaSms: string | undefined
  readonly mfaEmail: string | undefined
  readonly mfaSubject: string | undefined
  readonly inviteSms: string | undefined
  readonly inviteEmail: string | undefined
  readonly inviteSubject: string | undefined
}

/** Texts in one language. For a missing text, the pool's own template is used. */
export type LocalizedTemplates = Omit<MessageTemplates, 'verifyBy'>

/** The kinds of messages. Their names follow `CustomMessage_` in the source of the CustomMessage trigger. */
export const messageKinds = [
  'SignUp',
  'ResendCode',
  'ForgotPassword',
  'UpdateUserAttribute',
  'VerifyUserAttribute',
  'AdminCreateUser',
  'Authentication',
] as const
export type MessageKindName = (typeof messageKinds)[number]

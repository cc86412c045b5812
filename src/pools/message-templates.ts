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

/** The texts of the e-mail with a link that signs in. Cognito has no such message. */
type SignInLinkTemplates = {
  readonly signInLinkEmail?: string | undefined
  readonly signInLinkSubject?: string | undefined
}

/** The texts of the message to the owner of an account, after a sign-up with the owner's address. Cognito has no such message. */
type AccountExistsTemplates = {
  readonly accountExistsSms?: string | undefined
  readonly accountExistsEmail?: string | undefined
  readonly accountExistsSubject?: string | undefined
}

/** The texts of the notices about changes of an account. Cognito has no such messages. */
export type AccountNoticeTemplates = {
  readonly passwordChangedEmail?: string | undefined
  readonly passwordChangedSubject?: string | undefined
  readonly emailChangedEmail?: string | undefined
  readonly emailChangedSubject?: string | undefined
  readonly phoneNumberChangedEmail?: string | undefined
  readonly phoneNumberChangedSubject?: string | undefined
  readonly mfaChangedEmail?: string | undefined
  readonly mfaChangedSubject?: string | undefined
  readonly passkeyChangedEmail?: string | undefined
  readonly passkeyChangedSubject?: string | undefined
  readonly identityLinkedEmail?: string | undefined
  readonly identityLinkedSubject?: string | undefined
  readonly identityUnlinkedEmail?: string | undefined
  readonly identityUnlinkedSubject?: string | undefined
  readonly recoveryCodeUsedEmail?: string | undefined
  readonly recoveryCodeUsedSubject?: string | undefined
}

/** The texts of all messages of a pool, those of Lifeguard's own messages included. */
export type AllTemplates = MessageTemplates & SignInLinkTemplates & AccountExistsTemplates & AccountNoticeTemplates

/** Texts in one language. For a missing text, the pool's own template is used. */
export type LocalizedTemplates = Omit<MessageTemplates, 'verifyBy'> & SignInLinkTemplates & AccountExistsTemplates & AccountNoticeTemplates

/** The kinds of messages. Their names follow `CustomMessage_` or `CustomEmailSender_` in the sources of triggers. CustomMessage gets no notices. */
export const messageKinds = [
  'SignUp',
  'ResendCode',
  'ForgotPassword',
  'UpdateUserAttribute',
  'VerifyUserAttribute',
  'AdminCreateUser',
  'Authentication',
  'SignInLink',
  'AccountExists',
  'AccountTakeOverNotification',
  'AccountNotice',
] as const
export type MessageKindName = (typeof messageKinds)[number]

import { invalidParameter } from '../contract/api-error.ts'
import type {
  AdminCreateUserConfigType,
  UpdateUserPoolRequest,
  UserPoolType,
  VerificationMessageTemplateType,
} from '../contract/generated/types.ts'
import type { MessageTemplates } from './message-templates.ts'
import type { Pool } from './pool.ts'

type TemplateMembers = Pick<
  UpdateUserPoolRequest,
  | 'VerificationMessageTemplate'
  | 'SmsVerificationMessage'
  | 'EmailVerificationMessage'
  | 'EmailVerificationSubject'
  | 'SmsAuthenticationMessage'
  | 'AdminCreateUserConfig'
>

/**
 * Reads the templates of a request. EmailVerificationMessage, EmailVerificationSubject and SmsVerificationMessage are an older way to set
 * texts of VerificationMessageTemplate, which takes precedence. A request may have both a template for codes and a template for links, as
 * many configurations do. DefaultEmailOption says which of the two is used.
 */
export function readTemplates(request: TemplateMembers): MessageTemplates {
  const template: VerificationMessageTemplateType = request.VerificationMessageTemplate ?? {}
  const invitation = request.AdminCreateUserConfig?.InviteMessageTemplate
  requireLinkText(template.EmailMessageByLink)
  return {
    verifyBy: template.DefaultEmailOption ?? 'CONFIRM_WITH_CODE',
    verificationSms: template.SmsMessage ?? request.SmsVerificationMessage,
    verificationEmail: template.EmailMessage ?? request.EmailVerificationMessage,
    verificationSubject: template.EmailSubject ?? request.EmailVerificationSubject,
    linkEmail: template.EmailMessageByLink,
    linkSubject: template.EmailSubjectByLink,
    mfaSms: request.SmsAuthenticationMessage,
    // Only SetUserPoolMfaConfig sets mfaEmail and mfaSubject.
    mfaEmail: undefined,
    mfaSubject: undefined,
    inviteSms: invitation?.SMSMessage,
    inviteEmail: invitation?.EmailMessage,
    inviteSubject: invitation?.EmailSubject,
  }
}

/** The pattern in Cognito's API model allows `{####}`, a link without a text, but Cognito does not (observed). */
function requireLinkText(message: string | undefined): void {
  if (message === undefined) return
  const start = message.indexOf('{##')
  const end = message.indexOf('##}', start + 3)
  if (start < 0 || end <= start + 3) throw invalidParameter('The message is invalid.')
}

/**
 * Cognito shows the texts in VerificationMessageTemplate and in the older members as well, no matter in which of the two they were sent.
 */
export function writeVerificationTemplates(templates: MessageTemplates): Partial<UserPoolType> {
  return {
    VerificationMessageTemplate: {
      DefaultEmailOption: templates.verifyBy,
      SmsMessage: templates.verificationSms,
      EmailMessage: templates.verificationEmail,
      EmailSubject: templates.verificationSubject,
      EmailMessageByLink: templates.linkEmail,
      EmailSubjectByLink: templates.linkSubject,
    },
    SmsVerificationMessage: templates.verificationSms,
    EmailVerificationMessage: templates.verificationEmail,
    EmailVerificationSubject: templates.verificationSubject,
    SmsAuthenticationMessage: templates.mfaSms,
  }
}

export function writeInvitations({ adminCreatesUsersOnly, passwordPolicy, templates }: Pool): AdminCreateUserConfigType {
  const { inviteSms, inviteEmail, inviteSubject } = templates
  const isSet = (inviteSms ?? inviteEmail ?? inviteSubject) !== undefined
  return {
    AllowAdminCreateUserOnly: adminCreatesUsersOnly,
    UnusedAccountValidityDays: passwordPolicy.temporaryPasswordValidityDays,
    ...(isSet && { InviteMessageTemplate: { SMSMessage: inviteSms, EmailMessage: inviteEmail, EmailSubject: inviteSubject } }),
  }
}

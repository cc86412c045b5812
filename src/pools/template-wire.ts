import { invalidParameter } from '../contract/api-error.ts'
import type {
  AdminCreateUserConfigType,
  UpdateUserPoolRequest,
  UserPoolType,
  VerificationMessageTemplateType,
} from '../contract/generated/types.ts'
import type { MessageTemplates } from './message-templates.ts'
import type { Pool } from './pool.ts'

type Templates = Pick<
  UpdateUserPoolRequest,
  | 'VerificationMessageTemplate'
  | 'SmsVerificationMessage'
  | 'EmailVerificationMessage'
  | 'EmailVerificationSubject'
  | 'SmsAuthenticationMessage'
  | 'AdminCreateUserConfig'
>

/**
 * The three members outside of VerificationMessageTemplate are its older form; the template wins where both speak. Templates for codes
 * and for links may be sent together: configurations that do are in wide use, and DefaultEmailOption says which of them counts.
 */
export function readTemplates(request: Templates): MessageTemplates {
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
    // Only SetUserPoolMfaConfig says these two.
    mfaEmail: undefined,
    mfaSubject: undefined,
    inviteSms: invitation?.SMSMessage,
    inviteEmail: invitation?.EmailMessage,
    inviteSubject: invitation?.EmailSubject,
  }
}

/** The pattern of the model lets `{####}` pass, a link without a text; the service does not (observed). */
function requireLinkText(message: string | undefined): void {
  if (message === undefined) return
  const start = message.indexOf('{##')
  const end = message.indexOf('##}', start + 3)
  if (start < 0 || end <= start + 3) throw invalidParameter('The message is invalid.')
}

/** Cognito shows the texts in the template and in their older place, wherever they were sent. */
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

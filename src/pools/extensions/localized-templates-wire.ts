import { invalidParameter } from '../../contract/api-error.ts'
import type { LocalizedTemplatesType } from '../../contract/generated/types.ts'
import type { LocalizedTemplates } from '../message-templates.ts'
import type { MessagesExtension } from './pool-extensions.ts'

type Placeholder = { readonly pattern: RegExp; readonly description: string }

const code: Placeholder = { pattern: /\{####\}/, description: '{####}, where the code goes' }
const link: Placeholder = { pattern: /\{##[^{}]+##\}/, description: 'a link such as {##Verify##}' }
// An invitation must contain the username. The placeholder of the password is optional, because some users are invited without a password.
const name: Placeholder = { pattern: /\{username\}/, description: '{username}' }

/** For each template, the placeholder that its text must have. A message without the code, link or username would be useless. */
const requiredPlaceholders: Readonly<Partial<Record<keyof LocalizedTemplatesType, Placeholder>>> = {
  VerificationSms: code,
  VerificationEmail: code,
  LinkEmail: link,
  SignInLinkEmail: link,
  EmailChangedEmail: link,
  AuthenticationSms: code,
  AuthenticationEmail: code,
  InvitationSms: name,
  InvitationEmail: name,
}

/** @throws ApiError InvalidParameterException when a locale is invalid or appears twice, or when a text lacks its required placeholder */
export function readTemplatesByLocale(templates: Readonly<Record<string, LocalizedTemplatesType>>): MessagesExtension['templates'] {
  const read: Record<string, LocalizedTemplates> = {}
  for (const [text, texts] of Object.entries(templates)) {
    const locale = canonicalLocale(text)
    if (Object.hasOwn(read, locale)) throw invalidParameter(`Messages.Templates: ${locale} is given twice.`)
    read[locale] = readTemplates(locale, texts)
  }
  return read
}

export function writeTemplatesByLocale(templates: MessagesExtension['templates']): Record<string, LocalizedTemplatesType> {
  return Object.fromEntries(Object.entries(templates).map(([locale, texts]) => [locale, writeTemplates(texts)]))
}

/** The canonical form of a language tag (BCP 47), for which `pt-br` and `pt-BR` are the same. */
function canonicalLocale(text: string): string {
  try {
    return new Intl.Locale(text).baseName
  } catch {
    throw invalidParameter(`Messages.Templates: ${JSON.stringify(text)} is not a language tag such as de or pt-BR.`)
  }
}

function readTemplates(locale: string, texts: LocalizedTemplatesType): LocalizedTemplates {
  for (const [name, placeholder] of Object.entries(requiredPlaceholders)) {
    const text = texts[name as keyof LocalizedTemplatesType]
    if (text !== undefined) requirePlaceholder(placeholder, text, `Messages.Templates: ${name} of ${locale}`)
  }
  return {
    verificationSms: texts.VerificationSms,
    verificationEmail: texts.VerificationEmail,
    verificationSubject: texts.VerificationEmailSubject,
    linkEmail: texts.LinkEmail,
    linkSubject: texts.LinkEmailSubject,
    signInLinkEmail: texts.SignInLinkEmail,
    signInLinkSubject: texts.SignInLinkEmailSubject,
    accountExistsSms: texts.AccountExistsSms,
    accountExistsEmail: texts.AccountExistsEmail,
    accountExistsSubject: texts.AccountExistsEmailSubject,
    mfaSms: texts.AuthenticationSms,
    mfaEmail: texts.AuthenticationEmail,
    mfaSubject: texts.AuthenticationEmailSubject,
    inviteSms: texts.InvitationSms,
    inviteEmail: texts.InvitationEmail,
    inviteSubject: texts.InvitationEmailSubject,
    passwordChangedEmail: texts.PasswordChangedEmail,
    passwordChangedSubject: texts.PasswordChangedEmailSubject,
    emailChangedEmail: texts.EmailChangedEmail,
    emailChangedSubject: texts.EmailChangedEmailSubject,
    phoneNumberChangedEmail: texts.PhoneNumberChangedEmail,
    phoneNumberChangedSubject: texts.PhoneNumberChangedEmailSubject,
    mfaChangedEmail: texts.MfaChangedEmail,
    mfaChangedSubject: texts.MfaChangedEmailSubject,
    passkeyChangedEmail: texts.PasskeyChangedEmail,
    passkeyChangedSubject: texts.PasskeyChangedEmailSubject,
    identityLinkedEmail: texts.IdentityLinkedEmail,
    identityLinkedSubject: texts.IdentityLinkedEmailSubject,
    identityUnlinkedEmail: texts.IdentityUnlinkedEmail,
    identityUnlinkedSubject: texts.IdentityUnlinkedEmailSubject,
    recoveryCodeUsedEmail: texts.RecoveryCodeUsedEmail,
    recoveryCodeUsedSubject: texts.RecoveryCodeUsedEmailSubject,
  }
}

/**
 * Requires a link in the text of an e-mail. `where` names the text in the error.
 * @throws ApiError InvalidParameterException when the text has no place for the link
 */
export const requireLink = (text: string, where: string): void => requirePlaceholder(link, text, where)

function requirePlaceholder({ pattern, description }: Placeholder, text: string, where: string): void {
  if (!pattern.test(text)) throw invalidParameter(`${where} must contain ${description}.`)
}

function writeTemplates(texts: LocalizedTemplates): LocalizedTemplatesType {
  return {
    VerificationSms: texts.verificationSms,
    VerificationEmail: texts.verificationEmail,
    VerificationEmailSubject: texts.verificationSubject,
    LinkEmail: texts.linkEmail,
    LinkEmailSubject: texts.linkSubject,
    SignInLinkEmail: texts.signInLinkEmail,
    SignInLinkEmailSubject: texts.signInLinkSubject,
    AccountExistsSms: texts.accountExistsSms,
    AccountExistsEmail: texts.accountExistsEmail,
    AccountExistsEmailSubject: texts.accountExistsSubject,
    AuthenticationSms: texts.mfaSms,
    AuthenticationEmail: texts.mfaEmail,
    AuthenticationEmailSubject: texts.mfaSubject,
    InvitationSms: texts.inviteSms,
    InvitationEmail: texts.inviteEmail,
    InvitationEmailSubject: texts.inviteSubject,
    PasswordChangedEmail: texts.passwordChangedEmail,
    PasswordChangedEmailSubject: texts.passwordChangedSubject,
    EmailChangedEmail: texts.emailChangedEmail,
    EmailChangedEmailSubject: texts.emailChangedSubject,
    PhoneNumberChangedEmail: texts.phoneNumberChangedEmail,
    PhoneNumberChangedEmailSubject: texts.phoneNumberChangedSubject,
    MfaChangedEmail: texts.mfaChangedEmail,
    MfaChangedEmailSubject: texts.mfaChangedSubject,
    PasskeyChangedEmail: texts.passkeyChangedEmail,
    PasskeyChangedEmailSubject: texts.passkeyChangedSubject,
    IdentityLinkedEmail: texts.identityLinkedEmail,
    IdentityLinkedEmailSubject: texts.identityLinkedSubject,
    IdentityUnlinkedEmail: texts.identityUnlinkedEmail,
    IdentityUnlinkedEmailSubject: texts.identityUnlinkedSubject,
    RecoveryCodeUsedEmail: texts.recoveryCodeUsedEmail,
    RecoveryCodeUsedEmailSubject: texts.recoveryCodeUsedSubject,
  }
}

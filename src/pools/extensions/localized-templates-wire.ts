import { invalidParameter } from '../../contract/api-error.ts'
import type { LocalizedTemplatesType } from '../../contract/generated/types.ts'
import type { LocalizedTemplates } from '../message-templates.ts'
import type { MessagesExtension } from './pool-extensions.ts'

type Needs = { readonly pattern: RegExp; readonly says: string }

const code: Needs = { pattern: /\{####\}/, says: '{####}, where the code goes' }
const link: Needs = { pattern: /\{##[^{}]+##\}/, says: 'a link such as {##Verify##}' }
// The password may be missing: some users are invited without one.
const name: Needs = { pattern: /\{username\}/, says: '{username}' }

/** Without these places a message would be of no use, and would not be sent. */
const needed: Readonly<Partial<Record<keyof LocalizedTemplatesType, Needs>>> = {
  VerificationSms: code,
  VerificationEmail: code,
  LinkEmail: link,
  AuthenticationSms: code,
  AuthenticationEmail: code,
  InvitationSms: name,
  InvitationEmail: name,
}

/** Throws InvalidParameterException for what is no locale, comes twice, or has no room for what it must say. */
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

/** BCP 47, by which `pt-br` and `pt-BR` are the same. */
function canonicalLocale(text: string): string {
  try {
    return new Intl.Locale(text).baseName
  } catch {
    throw invalidParameter(`Messages.Templates: ${JSON.stringify(text)} is not a language tag such as de or pt-BR.`)
  }
}

function readTemplates(locale: string, texts: LocalizedTemplatesType): LocalizedTemplates {
  for (const [name, needs] of Object.entries(needed)) {
    const text = texts[name as keyof LocalizedTemplatesType]
    if (text === undefined || needs.pattern.test(text)) continue
    throw invalidParameter(`Messages.Templates: ${name} of ${locale} must contain ${needs.says}.`)
  }
  return {
    verificationSms: texts.VerificationSms,
    verificationEmail: texts.VerificationEmail,
    verificationSubject: texts.VerificationEmailSubject,
    linkEmail: texts.LinkEmail,
    linkSubject: texts.LinkEmailSubject,
    mfaSms: texts.AuthenticationSms,
    mfaEmail: texts.AuthenticationEmail,
    mfaSubject: texts.AuthenticationEmailSubject,
    inviteSms: texts.InvitationSms,
    inviteEmail: texts.InvitationEmail,
    inviteSubject: texts.InvitationEmailSubject,
  }
}

function writeTemplates(texts: LocalizedTemplates): LocalizedTemplatesType {
  return {
    VerificationSms: texts.verificationSms,
    VerificationEmail: texts.verificationEmail,
    VerificationEmailSubject: texts.verificationSubject,
    LinkEmail: texts.linkEmail,
    LinkEmailSubject: texts.linkSubject,
    AuthenticationSms: texts.mfaSms,
    AuthenticationEmail: texts.mfaEmail,
    AuthenticationEmailSubject: texts.mfaSubject,
    InvitationSms: texts.inviteSms,
    InvitationEmail: texts.inviteEmail,
    InvitationEmailSubject: texts.inviteSubject,
  }
}

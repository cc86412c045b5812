import { escapeHtml } from '../base/html.ts'
import { extensionsOf, signInLinksOf } from '../pools/extensions/pool-extensions.ts'
import type { AllTemplates, LocalizedTemplates, MessageTemplates } from '../pools/message-templates.ts'
import type { Pool } from '../pools/pool.ts'
import type { CustomMessageResponse } from '../triggers/custom-message.ts'
import { textOfHtml } from './html-text.ts'
import type { Channel, MessageKind } from './message.ts'

/** The values that take the places of `{username}`, `{####}` and `{##text##}`. Placeholders inside a value are not replaced. */
export type TemplateValues = {
  readonly username: string
  /** The code, or the temporary password of an invitation. Undefined when the invited user has no password. */
  readonly code: string | undefined
  /** The URL that confirms a new user, or signs a user in. Undefined in a message with a code. */
  readonly link: string | undefined
  /** What the CustomMessage trigger wrote; it takes the place of the template. */
  readonly customMessage?: CustomMessageResponse | undefined
}

export type RenderedMessage =
  | { readonly channel: 'email'; readonly subject: string; readonly html: string; readonly text: string }
  | { readonly channel: 'sms'; readonly text: string }

/** Cognito's texts for a pool without texts of its own. (Unconfirmed: the texts for MFA and for links.) */
const defaults = {
  verification: 'Your verification code is {####}. ',
  verificationSubject: 'Your verification code',
  link: 'Please click the link below to verify your email address. {##Verify Email##} ',
  linkSubject: 'Your verification link',
  signInLink: 'Use this link to sign in. It works once. {##Sign in##} If you did not ask for it, ignore this message. ',
  signInLinkSubject: 'Your sign-in link',
  accountExists: 'You have an account already. {##Sign in##} If you did not try to sign up, ignore this message. ',
  accountExistsSubject: 'You have an account already',
  invitation: 'Your username is {username} and temporary password is {####}. ',
  invitationWithoutPassword: 'Your username is {username}. ',
  invitationSubject: 'Your temporary password',
  invitationWithoutPasswordSubject: 'Your username',
  mfa: 'Your authentication code is {####}. ',
  mfaSubject: 'Your authentication code',
} as const

type Template = {
  readonly subject: string
  readonly body: string
  /** The placeholder that the body must have. Without it the message would be useless, and is not sent. */
  readonly needs: 'code' | 'link' | 'nothing'
}

// One pass over the template finds every placeholder. `{####}` stands first, because it is also an empty `{##…##}`.
const placeholders = /\{####\}|\{username\}|\{##([^{}]*)##\}/g
const linkPlaceholder = /\{##([^{}]+)##\}/

/** Whether a message of this kind carries a link instead of a code. Only e-mail that confirms a new user or signs a user in can do so. */
export function usesLink(templates: MessageTemplates, kind: MessageKind, channel: Channel): boolean {
  if (kind === 'sign-in-link') return true
  return templates.verifyBy === 'CONFIRM_WITH_LINK' && channel === 'email' && (kind === 'sign-up' || kind === 'resend')
}

/**
 * Fills the values into the template of the pool. Undefined when the template has no placeholder for the code or link. In that case Cognito
 * silently sends nothing. The e-mail template is HTML, so values are escaped there.
 */
export function renderMessage(
  templates: AllTemplates,
  kind: MessageKind,
  channel: Channel,
  values: TemplateValues,
): RenderedMessage | undefined {
  const template = customize(templateFor(templates, kind, channel, values), channel, values.customMessage)
  if (template.needs === 'code' && !template.body.includes('{####}')) return undefined
  if (template.needs === 'link' && !linkPlaceholder.test(template.body)) return undefined
  if (channel === 'sms') return { channel, text: withoutControls(fill(template.body, values)) }
  const html = fillHtml(template.body, values)
  return { channel, subject: singleLine(fill(template.subject, values)), html, text: textOfHtml(html) }
}

/** The template, with the subject and the body that the trigger function wrote, if any, in place of its own. */
function customize(template: Template, channel: Channel, customMessage: CustomMessageResponse | undefined): Template {
  if (customMessage === undefined) return template
  return { ...template, subject: customMessage.subject ?? template.subject, body: customMessage[channel] ?? template.body }
}

function templateFor(templates: AllTemplates, kind: MessageKind, channel: Channel, values: TemplateValues): Template {
  if (kind === 'invitation') return invitationTemplate(templates, channel, values)
  if (kind === 'sign-in-link') {
    const { signInLinkSubject: subject = defaults.signInLinkSubject, signInLinkEmail: body = defaults.signInLink } = templates
    return { subject, body, needs: 'link' }
  }
  if (kind === 'account-exists') return accountExistsTemplate(templates, channel, values)
  if (usesLink(templates, kind, channel)) {
    return { subject: templates.linkSubject ?? defaults.linkSubject, body: templates.linkEmail ?? defaults.link, needs: 'link' }
  }
  if (kind === 'mfa') {
    const own = channel === 'sms' ? templates.mfaSms : templates.mfaEmail
    return { subject: templates.mfaSubject ?? defaults.mfaSubject, body: own ?? defaults.mfa, needs: 'code' }
  }
  const own = channel === 'sms' ? templates.verificationSms : templates.verificationEmail
  return { subject: templates.verificationSubject ?? defaults.verificationSubject, body: own ?? defaults.verification, needs: 'code' }
}

/** The link is the address itself in an SMS. Where the app has no sign-in page, only the words of the link are left in an e-mail. */
function accountExistsTemplate(templates: AllTemplates, channel: Channel, { link }: TemplateValues): Template {
  const { accountExistsSubject: subject = defaults.accountExistsSubject, accountExistsSms: sms, accountExistsEmail: email } = templates
  const body = (channel === 'sms' ? sms : email) ?? defaults.accountExists
  if (channel === 'sms') return { subject, body: body.replace(linkPlaceholder, () => link ?? ''), needs: 'nothing' }
  return { subject, body: link === undefined ? body.replace(linkPlaceholder, '$1') : body, needs: 'nothing' }
}

function invitationTemplate(templates: MessageTemplates, channel: Channel, { code }: TemplateValues): Template {
  const own = channel === 'sms' ? templates.inviteSms : templates.inviteEmail
  if (code !== undefined) {
    return { subject: templates.inviteSubject ?? defaults.invitationSubject, body: own ?? defaults.invitation, needs: 'code' }
  }
  // A user without a password gets no text that mentions one. (Unconfirmed: whether Cognito uses the pool's template here.)
  const body = own === undefined || own.includes('{####}') ? defaults.invitationWithoutPassword : own
  return { subject: templates.inviteSubject ?? defaults.invitationWithoutPasswordSubject, body, needs: 'nothing' }
}

function fill(template: string, { username, code }: TemplateValues): string {
  return template.replace(placeholders, (placeholder) => {
    if (placeholder === '{username}') return username
    return placeholder === '{####}' ? (code ?? '') : placeholder
  })
}

function fillHtml(template: string, { username, code, link }: TemplateValues): string {
  return template.replace(placeholders, (placeholder, words: string | undefined) => {
    if (placeholder === '{username}') return escapeHtml(username)
    if (placeholder === '{####}') return escapeHtml(code ?? '')
    return link === undefined ? placeholder : `<a href="${escapeHtml(link)}">${words ?? ''}</a>`
  })
}

/** Replaces line breaks and control characters by spaces. Otherwise the text after a line break in a subject could add mail headers. */
export function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

/** Removes control characters, apart from line breaks and tabs. */
function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '')
}

/**
 * The pool's templates in the language of a user: each text from the template of the locale, else of the same locale without its last part
 * (`zh-Hant-TW`, `zh-Hant`, `zh`), else from the pool's own template.
 */
export function templatesFor(pool: Pool, locale: string | undefined): AllTemplates {
  const { templates: byLocale } = extensionsOf(pool).messages
  const { email, subject } = signInLinksOf(pool)
  let templates: AllTemplates = { ...pool.templates, signInLinkEmail: email, signInLinkSubject: subject }
  for (const name of localesOf(locale).toReversed()) {
    const texts = byLocale[name]
    if (texts !== undefined) templates = { ...templates, ...present(texts) }
  }
  return templates
}

/**
 * The locale and its parents, the most specific first. Empty for text that is not a language tag: the attribute takes any text, such as
 * `de_AT`.
 */
function localesOf(text: string | undefined): string[] {
  if (!text) return []
  try {
    const parts = new Intl.Locale(text.replaceAll('_', '-')).baseName.split('-')
    return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'))
  } catch {
    return []
  }
}

function present(texts: LocalizedTemplates): Partial<LocalizedTemplates> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined))
}

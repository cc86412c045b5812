import { escapeHtml } from '../base/html.ts'
import type { MessageTemplates } from '../pools/message-templates.ts'
import type { CustomTexts } from '../triggers/custom-message.ts'
import { textOfHtml } from './html-text.ts'
import type { Channel, MessageKind } from './message.ts'

/** What is put in place of `{username}`, `{####}` and `{##text##}`. None of it is looked through for placeholders again. */
export type TemplateValues = {
  readonly username: string
  /** The code, or the temporary password of an invitation; undefined when an invitation has none to tell. */
  readonly code: string | undefined
  /** Where a click proves the address; only e-mail that verifies a new user by link has one. */
  readonly link: string | undefined
}

export type RenderedMessage =
  | { readonly channel: 'email'; readonly subject: string; readonly html: string; readonly text: string }
  | { readonly channel: 'sms'; readonly text: string }

/** Cognito's texts for a pool that set none. (Unconfirmed: those of MFA and of links.) */
const defaults = {
  verification: 'Your verification code is {####}. ',
  verificationSubject: 'Your verification code',
  link: 'Please click the link below to verify your email address. {##Verify Email##} ',
  linkSubject: 'Your verification link',
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
  /** What the body must have room for, or the message would be of no use and is not sent. */
  readonly needs: 'code' | 'link' | 'nothing'
}

// One pass over the template finds every placeholder. `{####}` stands first, because it is also an empty `{##…##}`.
const placeholders = /\{####\}|\{username\}|\{##([^{}]*)##\}/g
const linkPlaceholder = /\{##[^{}]+##\}/

/** Whether codes of this kind and channel go out as a link to click. Attributes and forgotten passwords always get codes. */
export function usesLink(templates: MessageTemplates, kind: MessageKind, channel: Channel): boolean {
  return templates.verifyBy === 'CONFIRM_WITH_LINK' && channel === 'email' && (kind === 'sign-up' || kind === 'resend')
}

/**
 * A pool's message with its values filled in. Undefined when the template has no room for the code or link: Cognito
 * silently sends nothing then. The e-mail template is HTML; what is filled in is escaped.
 */
export function renderMessage(
  templates: MessageTemplates,
  kind: MessageKind,
  channel: Channel,
  values: TemplateValues,
  custom?: CustomTexts,
): RenderedMessage | undefined {
  const template = withCustomTexts(templateFor(templates, kind, channel, values), channel, custom)
  if (template.needs === 'code' && !template.body.includes('{####}')) return undefined
  if (template.needs === 'link' && !linkPlaceholder.test(template.body)) return undefined
  if (channel === 'sms') return { channel, text: withoutControls(fill(template.body, values)) }
  const html = fillHtml(template.body, values)
  return { channel, subject: singleLine(fill(template.subject, values)), html, text: textOfHtml(html) }
}

/** What the pool's own code wrote takes the place of the template, part by part. */
function withCustomTexts(template: Template, channel: Channel, custom: CustomTexts | undefined): Template {
  if (custom === undefined) return template
  return { ...template, subject: custom.subject ?? template.subject, body: custom[channel] ?? template.body }
}

function templateFor(templates: MessageTemplates, kind: MessageKind, channel: Channel, values: TemplateValues): Template {
  if (kind === 'invitation') return invitationTemplate(templates, channel, values)
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

function invitationTemplate(templates: MessageTemplates, channel: Channel, { code }: TemplateValues): Template {
  const own = channel === 'sms' ? templates.inviteSms : templates.inviteEmail
  if (code !== undefined) {
    return { subject: templates.inviteSubject ?? defaults.invitationSubject, body: own ?? defaults.invitation, needs: 'code' }
  }
  // A user without a password gets no text that speaks of one. (Unconfirmed: whether Cognito uses the pool's template here.)
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

/** A line break in a subject would start a header of the sender's choosing. */
function singleLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}

/** Line breaks may stay; other control characters have no place in a text message. */
function withoutControls(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '')
}

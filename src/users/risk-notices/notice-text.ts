import { escapeHtml } from '../../base/html.ts'
import { textOfHtml } from '../../messaging/html-text.ts'
import type { EmailMessage } from '../../messaging/message.ts'
import { singleLine } from '../../messaging/templates.ts'
import type { NoticeTemplate, RiskNotices } from '../../pools/risk/risk-configuration.ts'

/** What was done about the sign-in: it was refused, it was asked for a second factor, or nothing was done. */
export type RiskOutcome = 'blocked' | 'mfa' | 'allowed'

/** The values of the placeholders, by the name in the braces: those of Cognito's templates. */
export type RiskNoticeValues = Readonly<
  Record<
    | 'username'
    | 'ip-address'
    | 'city'
    | 'country'
    | 'login-time'
    | 'device-name'
    | 'one-click-link-valid'
    | 'one-click-link-invalid'
    | 'event-id'
    | 'feedback-token',
    string
  >
>

/** The sign-in, and the links, as the default texts show them. */
const details = `<ul>
<li>Time: {login-time}</li>
<li>Device: {device-name}</li>
<li>Place: {city}, {country}</li>
<li>IP address: {ip-address}</li>
</ul>
<p>Was this you?</p>
<p><a href="{one-click-link-valid}">Yes, this was me</a></p>
<p><a href="{one-click-link-invalid}">No, this was not me</a></p>`

/** Our texts, for pools that have set none. */
const defaults: Readonly<Record<RiskOutcome, NoticeTemplate>> = {
  blocked: {
    subject: 'We blocked a sign-in to your account',
    html: `<p>Hello {username},</p>\n<p>we blocked a sign-in to your account, because it was unusual:</p>\n${details}`,
    text: undefined,
  },
  mfa: {
    subject: 'An unusual sign-in to your account',
    html: `<p>Hello {username},</p>\n<p>we asked for a second proof at an unusual sign-in to your account:</p>\n${details}`,
    text: undefined,
  },
  allowed: {
    subject: 'An unusual sign-in to your account',
    html: `<p>Hello {username},</p>\n<p>there was an unusual sign-in to your account:</p>\n${details}`,
    text: undefined,
  },
}

const templateOf: Readonly<Record<RiskOutcome, keyof Pick<RiskNotices, 'blocked' | 'askedForMfa' | 'notActedOn'>>> = {
  blocked: 'blocked',
  mfa: 'askedForMfa',
  allowed: 'notActedOn',
}

/**
 * The e-mail: the pool's template for the outcome, or ours. Values are escaped in HTML, and a placeholder inside a value is not replaced. A
 * template that has only HTML or only text gets the other one from it.
 */
export function writeRiskNotice(
  notices: RiskNotices | undefined,
  outcome: RiskOutcome,
  values: RiskNoticeValues,
): Pick<EmailMessage, 'subject' | 'html' | 'text'> {
  const own = notices?.[templateOf[outcome]]
  const { subject } = own ?? defaults[outcome]
  const { html, text } = own?.html === undefined && own?.text === undefined ? defaults[outcome] : own
  const filledText = text === undefined ? undefined : fill(text, values)
  const filledHtml = html === undefined ? htmlOfText(filledText ?? '') : fill(html, values, escapeHtml)
  return { subject: singleLine(fill(subject, values)), html: filledHtml, text: filledText ?? textOfHtml(filledHtml) }
}

function fill(template: string, values: RiskNoticeValues, escape = (value: string) => value): string {
  return template.replace(/\{([a-z-]+)\}/g, (placeholder, name: string) =>
    Object.hasOwn(values, name) ? escape(values[name as keyof RiskNoticeValues]) : placeholder,
  )
}

const htmlOfText = (text: string): string => `<div style="white-space: pre-wrap">${escapeHtml(text)}</div>`

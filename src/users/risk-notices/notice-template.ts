import type { NoticeTemplate } from '../../messaging/notice-text.ts'
import type { RiskNotices } from '../../pools/risk/risk-configuration.ts'

/** What was done about the sign-in: it was refused, it was asked for a second factor, or nothing was done. */
export type RiskOutcome = 'blocked' | 'mfa' | 'allowed'

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

const defaultOf = (subject: string, sentence: string): NoticeTemplate => ({
  subject,
  html: `<p>Hello {username},</p>\n<p>${sentence}</p>\n${details}`,
  text: undefined,
})

/** Our texts, for pools that have set none. */
const defaults: Readonly<Record<RiskOutcome, NoticeTemplate>> = {
  blocked: defaultOf('We blocked a sign-in to your account', 'We blocked a sign-in to your account, because it was unusual:'),
  mfa: defaultOf('An unusual sign-in to your account', 'We asked for a second proof at an unusual sign-in to your account:'),
  allowed: defaultOf('An unusual sign-in to your account', 'There was an unusual sign-in to your account:'),
}

const templateNames = { blocked: 'blocked', mfa: 'askedForMfa', allowed: 'notActedOn' } as const

/** The pool's template for the outcome. What it leaves out comes from ours. */
export function riskTemplateFor(notices: RiskNotices | undefined, outcome: RiskOutcome): NoticeTemplate {
  const own = notices?.[templateNames[outcome]]
  if (own === undefined) return defaults[outcome]
  return own.html === undefined && own.text === undefined ? { ...own, html: defaults[outcome].html } : own
}

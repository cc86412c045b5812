import { type Html, html, trustedHtml } from '../base/html.ts'
import type { ListedEntry } from '../messaging/inbox-search.ts'
import type { UnsentEntry } from '../messaging/unsent.ts'

const purposes: Readonly<Record<string, string>> = {
  'sign-up': 'Sign-up code',
  resend: 'Sign-up code, sent again',
  'forgot-password': 'Forgotten password',
  'verify-attribute': 'Verify address',
  'update-attribute': 'Verify new address',
  invitation: 'Invitation',
  mfa: 'Sign-in code',
  'sign-in-link': 'Sign-in link',
  'account-exists': 'Account exists already',
  'risk-notice': 'Suspicious sign-in',
  'account-notice': 'Account changed',
}

const stateNames: Readonly<Record<UnsentEntry['state'], string>> = { queued: 'Waiting', failed: 'Not sent', suppressed: 'Held back' }

type RowPlace = { readonly href: string; readonly poolName: string | undefined; readonly isOpen: boolean }

/** One line of the list of messages. Its `data-version` changes when the message changes. */
export function row(entry: ListedEntry, { href, poolName, isOpen }: RowPlace): Html {
  return html`
<li data-id="${entry.id}" data-version="${versionOf(entry)}">
<a class="row" href="${href}"${isOpen && currentMark}>
<span class="line"><b class="recipient"><bdi>${entry.recipient}</bdi></b> ${timeOf(entry.createdAt)}</span>
<span class="line"><span class="subject"><bdi>${titleOf(entry)}</bdi></span>${entry.code !== null && html` <code>${entry.code}</code>`}</span>
<span class="line small">${tags(entry)} <bdi class="pool">${poolName ?? entry.userPoolId}</bdi></span>
</a>
</li>`
}

const currentMark = trustedHtml(' aria-current="true"')

export function versionOf(entry: ListedEntry): string {
  return 'state' in entry ? `${entry.state} ${entry.attempts}` : 'sent'
}

export function purposeOf({ trigger }: ListedEntry): string {
  return purposes[trigger] ?? trigger
}

export function titleOf(entry: ListedEntry): string {
  return entry.subject ?? purposeOf(entry)
}

export function tags(entry: ListedEntry): Html {
  const state = 'state' in entry && html` <span class="tag ${entry.state}">${stateNames[entry.state]}</span>`
  return html`<span class="tag ${entry.channel}">${entry.channel === 'email' ? 'E-mail' : 'SMS'}</span>${state}`
}

/** A time in UTC. The script of the page converts it to the local time zone. */
export function timeOf(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`
}

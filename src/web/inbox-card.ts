import { type Html, html } from '../base/html.ts'
import type { InboxEntry } from '../messaging/inbox.ts'
import type { UnsentEntry } from '../messaging/unsent.ts'

/** A message that was sent, or a message that was not sent, with the reason. */
export type CardEntry = InboxEntry | UnsentEntry

const purposes: Readonly<Record<string, string>> = {
  'sign-up': 'Sign-up code',
  resend: 'Sign-up code, sent again',
  'forgot-password': 'Forgotten password',
  'verify-attribute': 'Verify address',
  'update-attribute': 'Verify new address',
  invitation: 'Invitation',
  mfa: 'Sign-in code',
}

const stateNames: Readonly<Record<UnsentEntry['state'], string>> = { queued: 'Waiting', failed: 'Not sent', suppressed: 'Held back' }

/** The card of one message. `data-version` changes when the card does. */
export function card(entry: CardEntry): Html {
  const { id, channel, recipient, subject, text, code, userPoolId, username, trigger, createdAt } = entry
  const unsent = 'state' in entry ? entry : undefined
  const purpose = purposes[trigger] ?? trigger
  return html`
<li class="message" data-id="${id}" data-version="${versionOf(unsent)}" id="message-${id}">
<article aria-labelledby="heading-${id}">
<p class="line"><span class="tag ${channel}">${channel === 'email' ? 'E-mail' : 'SMS'}</span>${stateTag(unsent)} <b class="recipient">${recipient}</b>
<time datetime="${createdAt}">${readableTime(createdAt)}</time></p>
<h2 id="heading-${id}">${subject ?? purpose}</h2>
${stateLine(unsent)}
${code !== null && html`<p class="secret"><code>${code}</code> <button class="copy" type="button" data-copy="${code}" aria-label="Copy ${code}" hidden>Copy</button></p>`}
<p class="text">${withLinks(text)}</p>
${looksDifferent(entry.html) && preview(id)}
<p class="facts">${purpose} for <b>${username}</b> in <a href="/inbox?userPoolId=${encodeURIComponent(userPoolId)}">${userPoolId}</a></p>
</article>
</li>`
}

function versionOf(unsent: UnsentEntry | undefined): string {
  return unsent === undefined ? 'sent' : `${unsent.state} ${unsent.attempts}`
}

function stateTag(unsent: UnsentEntry | undefined): Html | undefined {
  return unsent && html` <span class="tag ${unsent.state}">${stateNames[unsent.state]}</span>`
}

function stateLine(unsent: UnsentEntry | undefined): Html | undefined {
  if (unsent === undefined) return undefined
  const { state, reason, attempts, nextAttemptAt } = unsent
  if (state === 'suppressed')
    return html`<p class="why">The message was not sent because the pool or a trigger function suppressed it. Its code is valid.</p>`
  const tried = attempts === 0 ? '' : attempts === 1 ? 'Tried once. ' : `Tried ${attempts} times. `
  const why = reason === undefined ? '' : `${reason.replace(/\.$/, '')}. `
  const next = nextAttemptAt === undefined ? undefined : new Date(nextAttemptAt).toISOString()
  return html`<p class="why">${tried}${why}${next !== undefined && html`Next attempt <time datetime="${next}">${readableTime(next)}</time>.`}</p>`
}

/** HTML without any tag looks the same as the text above it. */
const looksDifferent = (markup: string | null): boolean => markup !== null && /<[a-z]/i.test(markup)

function preview(id: string): Html {
  return html`<details><summary>As the recipient sees it</summary>
<iframe src="/inbox/messages/${id}" title="The message as HTML" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe></details>`
}

const webAddress = /(https?:\/\/[^\s<>"()]+)/

function withLinks(text: string): (Html | string)[] {
  // After a split by a pattern with one group, every second part is a match.
  return text
    .split(webAddress)
    .map((part, at) => (at % 2 === 0 ? part : html`<a href="${part}" target="_blank" rel="noopener noreferrer">${part}</a>`))
}

function readableTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

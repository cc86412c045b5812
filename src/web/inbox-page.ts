import { type Html, html, trustedHtml } from '../base/html.ts'
import type { InboxEntry } from '../messaging/inbox.ts'

type View = {
  readonly entries: readonly InboxEntry[]
  readonly search: string
  readonly poolId: string | undefined
  /** How many entries are shown at most. */
  readonly limit: number
}

const purposes: Readonly<Record<string, string>> = {
  'sign-up': 'Sign-up code',
  resend: 'Sign-up code, sent again',
  'forgot-password': 'Forgotten password',
  'verify-attribute': 'Verify address',
  'update-attribute': 'Verify new address',
  invitation: 'Invitation',
  mfa: 'Sign-in code',
}

export function inboxPage({ entries, search, poolId, limit }: View): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Inbox · Lifeguard</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/inbox/inbox.css">
<script src="/inbox/inbox.js" defer></script>
</head>
<body>
<header class="bar">
<h1>Lifeguard inbox</h1>
<form class="search" role="search" action="/inbox">
<input type="search" name="recipient" value="${search}" placeholder="Find a recipient" aria-label="Recipient" autocomplete="off" spellcheck="false">
${poolId !== undefined && html`<input type="hidden" name="userPoolId" value="${poolId}">`}
<button>Find</button>
</form>
<form class="clear" method="post" action="/inbox/clear"><button class="quiet">Empty the inbox</button></form>
</header>
<main>
${filterLine(search, poolId)}
<ol id="messages" aria-live="polite" aria-label="Messages, newest first">${entries.map(card)}</ol>
<p id="nothing" class="nothing">${search === '' && poolId === undefined ? 'Nothing has been sent yet. Codes, links and invitations appear here the moment they are sent.' : 'No message matches.'}</p>
${entries.length >= limit && html`<p class="hint">The newest ${limit} are shown. Find a recipient to see older ones.</p>`}
</main>
</body>
</html>
`
}

function filterLine(search: string, poolId: string | undefined): Html | undefined {
  if (search === '' && poolId === undefined) return undefined
  const shown = [search !== '' && html`to <b>${search}</b>`, poolId !== undefined && html` from pool <b>${poolId}</b>`]
  return html`<p class="hint">Messages ${shown} · <a href="/inbox">Show all</a></p>`
}

function card(entry: InboxEntry): Html {
  const { id, channel, recipient, subject, text, code, userPoolId, username, trigger, createdAt } = entry
  const heading = subject ?? purposes[trigger] ?? trigger
  return html`
<li class="message" data-id="${id}" id="message-${id}">
<article aria-labelledby="heading-${id}">
<p class="line"><span class="channel ${channel}">${channel === 'email' ? 'E-mail' : 'SMS'}</span> <b class="recipient">${recipient}</b>
<time datetime="${createdAt}">${readableTime(createdAt)}</time></p>
<h2 id="heading-${id}">${heading}</h2>
${code !== null && html`<p class="secret"><code>${code}</code> <button class="copy" data-copy="${code}" hidden>Copy</button></p>`}
<p class="text">${text}</p>
${looksDifferent(entry.html) && preview(id)}
<p class="facts">${purposes[trigger] ?? trigger} for <b>${username}</b> in <a href="/inbox?userPoolId=${encodeURIComponent(userPoolId)}">${userPoolId}</a></p>
</article>
</li>`
}

/** HTML without any tag reads exactly like the text above it. */
const looksDifferent = (markup: string | null): boolean => markup !== null && /<[a-z]/i.test(markup)

function preview(id: string): Html {
  return html`<details><summary>As the recipient sees it</summary>
<iframe src="/inbox/messages/${id}" title="The message as HTML" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe></details>`
}

function readableTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

/** @NOTE The message's own markup, as it came from the pool's template. Served only with headers that let it run nothing. */
export function messageDocument(entry: InboxEntry): Html {
  const body = entry.html === null ? html`<pre>${entry.text}</pre>` : trustedHtml(entry.html)
  return html`<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>${entry.subject ?? 'Message'}</title>
<base target="_blank">
<style>body{font:15px/1.5 system-ui,sans-serif;margin:16px;color:#16191f;background:#fff}</style>
${body}
`
}

import { type Html, html, trustedHtml } from '../base/html.ts'
import type { InboxEntry } from '../messaging/inbox.ts'
import { type CardEntry, card } from './inbox-card.ts'

type View = {
  readonly entries: readonly CardEntry[]
  readonly search: string
  readonly poolId: string | undefined
  readonly onlyUnsent: boolean
  /** The number of entries that are shown at most. */
  readonly limit: number
  /** The endpoint URL for the AWS CLI. */
  readonly endpoint: string
}

export function inboxPage(view: View): Html {
  const { entries, search, poolId, onlyUnsent, limit } = view
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
${onlyUnsent && html`<input type="hidden" name="state" value="unsent">`}
<button>Find</button>
</form>
<form class="clear" method="post" action="/inbox/clear"><button class="quiet">Empty the inbox</button></form>
</header>
<main>
<nav class="states" aria-label="Which messages">${stateLink(view, false, 'All')}${stateLink(view, true, 'Not sent')}</nav>
${filterLine(search, poolId)}
<ol id="messages" aria-label="Messages, newest first">${entries.map(card)}</ol>
${emptyList(view)}
${entries.length >= limit && html`<p class="hint">Only the newest ${limit} messages are shown. Find a recipient to see older ones.</p>`}
<p id="status" class="unseen" role="status"></p>
</main>
</body>
</html>
`
}

function stateLink({ search, poolId, onlyUnsent }: View, unsent: boolean, name: string): Html {
  const query = new URLSearchParams()
  if (search !== '') query.set('recipient', search)
  if (poolId !== undefined) query.set('userPoolId', poolId)
  if (unsent) query.set('state', 'unsent')
  const suffix = query.size === 0 ? '' : `?${query}`
  return html`<a href="/inbox${suffix}"${unsent === onlyUnsent && trustedHtml(' aria-current="page"')}>${name}</a>`
}

function filterLine(search: string, poolId: string | undefined): Html | undefined {
  if (search === '' && poolId === undefined) return undefined
  const shown = [search !== '' && html`to <b>${search}</b>`, poolId !== undefined && html` from pool <b>${poolId}</b>`]
  return html`<p class="hint">Messages ${shown} · <a href="/inbox">Show all</a></p>`
}

/** Shown while the list is empty, also after the script in the page has emptied it. */
function emptyList({ search, poolId, onlyUnsent, endpoint }: View): Html {
  if (search !== '' || poolId !== undefined) return html`<div id="nothing" class="nothing"><p>No message matches.</p></div>`
  if (onlyUnsent) return html`<div id="nothing" class="nothing"><p>Everything was sent.</p></div>`
  const command = `aws cognito-idp admin-create-user --endpoint-url ${endpoint} \\
  --user-pool-id POOL_ID --username ana --desired-delivery-mediums EMAIL \\
  --user-attributes Name=email,Value=ana@example.com`
  return html`<div id="nothing" class="nothing">
<p><b>Nothing has been sent yet.</b></p>
<p>Codes, links and invitations appear here as soon as they are sent. To see one, sign up a user in your application, or invite a user:</p>
<pre tabindex="0"><code>${command}</code></pre>
<p><button class="copy" type="button" data-copy="${command}" aria-label="Copy the command" hidden>Copy</button></p>
<p>Tests can read the messages from <a href="/inbox/api/messages">/inbox/api/messages</a>.</p>
</div>`
}

/**
 * The document that shows the HTML of a message.
 * @NOTE The document contains the message's own markup, from the pool's template. Serve it only with headers that let it run no script.
 */
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

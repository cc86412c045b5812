import { type Html, html, trustedHtml } from '../base/html.ts'
import { inboxLimits } from '../messaging/inbox.ts'
import type { InboxResult, InboxTab, ListedEntry } from '../messaging/inbox-search.ts'
import { detail } from './inbox-detail.ts'
import { type InboxView, inboxUrl, scopeOf } from './inbox-query.ts'
import { row, versionOf } from './inbox-row.ts'

export type InboxPage = InboxResult & {
  readonly view: InboxView
  /** The message in the detail pane: the one that the user opened, or else the newest. Undefined when there is none. */
  readonly shown: ListedEntry | undefined
  readonly poolNames: ReadonlyMap<string, string>
  /** The version of the inbox that this page shows. The script sends this version when it asks whether the inbox has changed. */
  readonly version: string
  /** The endpoint URL for the AWS CLI. */
  readonly endpoint: string
}

export function inboxPage(page: InboxPage): Html {
  const { view, version } = page
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
<h1>Lifeguard <span>inbox</span></h1>
<form class="search" role="search" action="/inbox">
<input id="search" type="search" name="q" value="${view.text}" maxlength="200" placeholder="Filter by recipient, text, code …" aria-label="Filter messages" autocomplete="off" spellcheck="false">
<span id="scope">${scopeOf(view).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}</span>
</form>
<button id="empty" class="quiet" type="button" aria-haspopup="dialog">Empty the inbox</button>
</header>
<main id="inbox" data-version="${version}"${view.message !== undefined && trustedHtml(' data-open')}>
${listPane(page)}
${detailPane(page)}
</main>
<p id="status" class="unseen" role="status"></p>
${emptyDialog}
</body>
</html>
`
}

function listPane(page: InboxPage): Html {
  const { entries, view, poolNames, shown } = page
  const rows = entries.map((entry) =>
    row(entry, {
      href: inboxUrl(view, { message: entry.id }),
      poolName: poolNames.get(entry.userPoolId),
      isOpen: entry.id === shown?.id,
    }),
  )
  return html`<section class="list" aria-label="Messages">
<a class="skip" href="#heading">Skip to the message</a>
<nav class="tabs" aria-label="Which messages">${tabs.map((tab) => tabLink(page, tab))}</nav>
${filterLine(page)}
<ol id="messages" aria-label="Messages, newest first">${rows}</ol>
${emptyList(page)}
${olderLine(page)}
</section>`
}

const tabs: readonly (readonly [tab: InboxTab, name: string])[] = [
  ['all', 'All'],
  ['email', 'E-mail'],
  ['sms', 'SMS'],
  ['unsent', 'Not sent'],
]

function tabLink({ view, counts }: InboxPage, [tab, name]: (typeof tabs)[number]): Html {
  const current = tab === view.tab && trustedHtml(' aria-current="page"')
  return html`<a id="tab-${tab}" href="${inboxUrl(view, { tab, limit: inboxLimits.default })}"${current}>${name} <span class="count">${counts[tab]}</span></a>`
}

/** The script replaces the parts of the page that have these ids when they change: `where`, `nothing`, `older`, `scope`. */
function filterLine({ view, poolNames }: InboxPage): Html {
  const { text, poolId } = view
  if (text === '' && poolId === undefined) return html`<div id="where"></div>`
  const name = poolId === undefined ? undefined : poolNames.get(poolId)
  const shown = [
    text !== '' && html` with <b><bdi>${text}</bdi></b>`,
    poolId !== undefined &&
      html` of pool <b><bdi>${name ?? poolId}</bdi></b>${name !== undefined && html` <span class="id">${poolId}</span>`}`,
  ]
  return html`<div id="where"><p class="hint">Messages${shown} · <a href="/inbox">Show all</a></p></div>`
}

/** Shown while the list is empty, also after the script in the page has emptied it. */
function emptyList({ view, counts, endpoint }: InboxPage): Html {
  if (view.text !== '' || view.poolId !== undefined) return nothing(html`<p><b>No message matches.</b></p>`)
  if (view.tab === 'unsent') return nothing(html`<p><b>Everything was sent.</b></p>`)
  if (counts.all > 0) return nothing(html`<p><b>No ${view.tab === 'sms' ? 'SMS' : 'e-mail'} has been sent yet.</b></p>`)
  const command = `aws cognito-idp admin-create-user --endpoint-url ${endpoint} \\
  --user-pool-id POOL_ID --username ana --desired-delivery-mediums EMAIL \\
  --user-attributes Name=email,Value=ana@example.com`
  return nothing(html`<p><b>Nothing has been sent yet.</b></p>
<p>Codes, links and invitations appear here as soon as they are sent. To see one, sign up a user in your application, or invite a user:</p>
<pre tabindex="0" aria-label="Command"><code>${command}</code></pre>
<p><button class="copy" type="button" data-copy="${command}" aria-label="Copy the command" hidden>Copy</button></p>
<p>Tests can read the messages from <a href="/inbox/api/messages">/inbox/api/messages</a>.</p>`)
}

function nothing(content: Html): Html {
  return html`<div id="nothing" class="nothing">${content}</div>`
}

function olderLine({ view, entries, counts }: InboxPage): Html {
  if (entries.length >= counts[view.tab]) return html`<div id="older"></div>`
  const limit = Math.min(view.limit + inboxLimits.default, inboxLimits.most)
  const more = limit > view.limit && html` <a href="${inboxUrl(view, { limit })}">Show older messages</a>`
  return html`<div id="older"><p class="hint">The newest ${entries.length} of ${counts[view.tab]} are shown.${more}</p></div>`
}

function detailPane({ view, shown, poolNames }: InboxPage): Html {
  const back = html`<a class="back" href="${inboxUrl(view, {})}">← All messages</a>`
  const gone = view.message !== undefined && html`<p class="nothing">This message is no longer in the inbox.</p>`
  const poolName = poolNames.get(shown?.userPoolId ?? '')
  const poolHref = shown === undefined ? '' : inboxUrl(view, { text: '', poolId: shown.userPoolId, limit: inboxLimits.default })
  return html`<section id="detail" class="detail" aria-label="Message" data-message="${shown?.id ?? ''}" data-version="${shown === undefined ? '' : versionOf(shown)}">
${back}${shown === undefined ? gone : detail(shown, { poolName, poolHref })}
</section>`
}

const emptyDialog = html`<dialog id="empty-dialog" aria-labelledby="empty-title" aria-describedby="empty-text">
<form method="dialog">
<h2 id="empty-title">Empty the inbox?</h2>
<p id="empty-text">All messages of all pools are deleted, also those that you do not see now. Messages that wait for their next attempt stay.</p>
<p class="buttons"><button value="" autofocus>Cancel</button><button class="danger" value="empty">Delete all messages</button></p>
</form>
</dialog>`

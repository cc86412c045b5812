import { type Html, html, trustedHtml } from '../base/html.ts'
import type { InboxEntry } from '../messaging/inbox.ts'
import type { ListedEntry } from '../messaging/inbox-search.ts'
import type { UnsentEntry } from '../messaging/unsent.ts'
import { linksIn, webAddress, webUrl } from './inbox-links.ts'
import { purposeOf, tags, timeOf, titleOf } from './inbox-row.ts'

type DetailPlace = { readonly poolName: string | undefined; readonly poolHref: string }

/** All of one message. Text of users is escaped; a message's own HTML is only in a frame, which is a document of another origin. */
export function detail(entry: ListedEntry, { poolName, poolHref }: DetailPlace): Html {
  const { recipient, code, username, userPoolId, createdAt } = entry
  return html`<article aria-labelledby="heading">
<p class="line">${tags(entry)} ${timeOf(createdAt)}</p>
<h2 id="heading" tabindex="-1"><bdi>${titleOf(entry)}</bdi></h2>
<dl>
<div><dt>To</dt><dd><bdi>${recipient}</bdi></dd></div>
<div><dt>User</dt><dd><bdi>${username}</bdi></dd></div>
<div><dt>Pool</dt><dd><a href="${poolHref}"><bdi>${poolName ?? userPoolId}</bdi></a>${poolName !== undefined && html` <span class="id">${userPoolId}</span>`}</dd></div>
<div><dt>Purpose</dt><dd>${purposeOf(entry)}</dd></div>
</dl>
${'state' in entry && whyUnsent(entry)}
${code !== null && html`<p class="secret"><code>${code}</code> <button class="copy" type="button" data-copy="${code}" aria-label="Copy ${code}" hidden>Copy</button></p>`}
${linkButtons(entry)}
${content(entry)}
</article>`
}

function whyUnsent({ state, reason, attempts, nextAttemptAt }: UnsentEntry): Html {
  if (state === 'suppressed')
    return html`<p class="why">The message was not sent because the pool or a trigger function suppressed it. Its code is valid.</p>`
  const tried = attempts === 0 ? '' : attempts === 1 ? 'Tried once. ' : `Tried ${attempts} times. `
  const why = reason === undefined ? '' : `${reason.replace(/\.$/, '')}. `
  const next = nextAttemptAt !== undefined && html`Next attempt ${timeOf(new Date(nextAttemptAt).toISOString())}.`
  return html`<p class="why">${tried}${why}${next}</p>`
}

/** The buttons say where they lead. They do not show the message's own words for a link, because those can lie. */
function linkButtons(entry: ListedEntry): Html | undefined {
  const links = linksIn(entry).map(
    (url) =>
      html`<li><a class="button" href="${url.href}" ${newTab} title="${url.href}">Open ${shortened(url.host + url.pathname)}</a></li>`,
  )
  return links.length === 0 ? undefined : html`<ul class="links" aria-label="Links in the message">${links}</ul>`
}

const newTab = trustedHtml('target="_blank" rel="noopener noreferrer"')

function shortened(address: string): string {
  return address.length <= 60 ? address : `${address.slice(0, 59)}…`
}

function content(entry: ListedEntry): Html {
  const text = html`<p class="text" dir="auto">${withLinks(entry.text)}</p>`
  if (entry.html === null || !looksDifferent(entry.html)) return text
  const address = `/inbox/messages/${encodeURIComponent(entry.id)}`
  return html`<h3>As the recipient sees it</h3>
<iframe name="preview" src="${address}" title="The message as HTML" loading="lazy" sandbox="allow-popups allow-popups-to-escape-sandbox" referrerpolicy="no-referrer"></iframe>
${mayLoad.test(entry.html) && html`<p class="hint">Images from other servers are not loaded. <a href="${address}?images=load" target="preview">Load images</a></p>`}
<details><summary>As plain text</summary>${text}</details>`
}

/** HTML without any tag looks the same as the text. */
const looksDifferent = (markup: string): boolean => /<[a-z]/i.test(markup)

/** What a browser may fetch from another server to show the markup. */
const mayLoad = /<img|<picture|background\s*=|url\(/i

function withLinks(text: string): (Html | string)[] {
  // After a split by a pattern with one group, every second part is a match.
  return text.split(webAddress).map((part, at) => {
    const url = at % 2 === 0 ? undefined : webUrl(part)
    return url === undefined ? part : html`<a href="${url.href}" ${newTab}>${part}</a>`
  })
}

/**
 * The markup with `wbr`, an element without effect, in the place of each `link` element: `<link rel=preconnect>` makes a browser connect to
 * another server whatever the Content Security Policy says. Text that looks like such a tag, in a comment or an attribute, changes as well,
 * so it does not matter how a browser reads the markup. Mail programs ignore `link` elements, too.
 */
function withoutLinkElements(markup: string): string {
  return markup.replace(/<link(?=[\s/>])/gi, '<wbr')
}

/**
 * The document that shows the HTML of a message.
 * @NOTE The document contains the message's own markup, from the pool's template. Serve it only with headers that let it run no script.
 */
export function messageDocument(entry: InboxEntry): Html {
  const body = entry.html === null ? html`<pre>${entry.text}</pre>` : trustedHtml(withoutLinkElements(entry.html))
  return html`<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<title>${entry.subject ?? 'Message'}</title>
<base target="_blank">
<style>body{font:15px/1.5 system-ui,sans-serif;margin:16px;color:#16191f;background:#fff}</style>
${body}
`
}

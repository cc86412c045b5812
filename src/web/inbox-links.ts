import type { InboxEntry } from '../messaging/inbox.ts'

const maxLinks = 5

// Neither pattern reads a part of the text more than a few times, whatever a hostile message contains.
const anchors = /<a\s[^<>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')/gi
export const webAddress = /(https?:\/\/[^\s<>"()]+)/i

/** The web addresses in a message: those of its HTML links first, then those in its text. */
export function linksIn({ html, text }: Pick<InboxEntry, 'html' | 'text'>): URL[] {
  const found = new Map<string, URL>()
  const hrefs = [...(html ?? '').matchAll(anchors)].map(([, double, single]) => decodeEntities(double ?? single ?? ''))
  for (const address of [...hrefs, ...(text.match(new RegExp(webAddress, 'gi')) ?? [])]) {
    const url = webUrl(address)
    if (url !== undefined) found.set(url.href, url)
  }
  return [...found.values()].slice(0, maxLinks)
}

/** The URL if it leads to a web page: neither `javascript:` nor any other scheme. A full stop at its end belongs to the sentence. */
export function webUrl(address: string): URL | undefined {
  const url = URL.parse(address.replace(/[.,;:!?]$/, ''))
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,6})|#x([\da-f]{1,5})|(amp|lt|gt|quot|apos));/gi, (whole, decimal, hex, name) =>
    name === undefined ? String.fromCodePoint(decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)) : (named[name] ?? whole),
  )
}

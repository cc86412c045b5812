const namedEntities: Readonly<Record<string, string>> = {
  amp: '&',
  apos: "'",
  copy: '©',
  euro: '€',
  gt: '>',
  hellip: '…',
  ldquo: '“',
  lsquo: '‘',
  lt: '<',
  mdash: '—',
  nbsp: ' ',
  ndash: '–',
  quot: '"',
  rdquo: '”',
  reg: '®',
  rsquo: '’',
}

const invisibleElements = new Set(['head', 'script', 'style', 'title'])
const blockElements = new Set(
  'address article blockquote div footer form h1 h2 h3 h4 h5 h6 header hr li main ol p pre section table tr ul'.split(' '),
)
const startsTag = /[a-z/!?]/i

/**
 * The text of an HTML message without its markup. After the text of a link comes its address in parentheses. The message is scanned only
 * once, so that a hostile template takes time in proportion to its length. Text without any markup keeps its line breaks.
 */
export function textOfHtml(html: string): string {
  const hasMarkup = /<[a-z/!?]/i.test(html)
  let text = ''
  let link: { href: string; start: number } | undefined
  let position = 0

  while (position < html.length) {
    const token = nextToken(html, position)
    position = token.end
    if (token.kind === 'text') {
      const words = decodeEntities(token.text)
      text += hasMarkup ? words.replace(/\s+/g, ' ') : words
      continue
    }
    const { name, closing } = token
    if (name === 'br') text += '\n'
    else if (name === 'td' || name === 'th') text += ' '
    else if (blockElements.has(name)) text += '\n'
    else if (name === 'a' && !closing) link = { href: hrefOf(token.source), start: text.length }
    else if (name === 'a' && link !== undefined) {
      if (link.href !== '' && text.slice(link.start).trim() !== link.href) text += ` (${link.href})`
      link = undefined
    }
  }
  return tidy(text)
}

type Token =
  | { readonly kind: 'text'; readonly text: string; readonly end: number }
  | { readonly kind: 'tag'; readonly name: string; readonly closing: boolean; readonly source: string; readonly end: number }

function nextToken(html: string, start: number): Token {
  const open = indexOfTag(html, start)
  if (open > start || open === -1) {
    const end = open === -1 ? html.length : open
    return { kind: 'text', text: html.slice(start, end), end }
  }
  if (html.startsWith('<!--', start)) {
    const close = html.indexOf('-->', start + 4)
    return { kind: 'text', text: '', end: close === -1 ? html.length : close + 3 }
  }
  const end = endOfTag(html, start)
  const source = html.slice(start, end)
  const [, slash = '', name = ''] = /^<(\/?)([a-z][a-z0-9]*)/i.exec(source) ?? []
  const tag = { kind: 'tag', name: name.toLowerCase(), closing: slash !== '', source, end } as const
  return !tag.closing && invisibleElements.has(tag.name) ? { kind: 'text', text: '', end: endOfElement(html, tag.name, end) } : tag
}

function indexOfTag(html: string, start: number): number {
  let open = html.indexOf('<', start)
  while (open !== -1 && !startsTag.test(html[open + 1] ?? '')) open = html.indexOf('<', open + 1)
  return open
}

/** A `>` inside a quoted attribute does not end the tag. A tag without an end extends to the end of the text. */
function endOfTag(html: string, start: number): number {
  let quote = ''
  for (let i = start; i < html.length; i++) {
    const character = html[i] ?? ''
    if (quote !== '') {
      if (character === quote) quote = ''
    } else if (character === '>') return i + 1
    else if (character === '"' || character === "'") quote = character
  }
  return html.length
}

function endOfElement(html: string, name: string, start: number): number {
  const closing = new RegExp(`</${name}`, 'gi')
  closing.lastIndex = start
  const found = closing.exec(html)
  return found === null ? html.length : endOfTag(html, found.index)
}

function hrefOf(tag: string): string {
  const [, double, single, bare] = /\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/i.exec(tag) ?? []
  return decodeEntities(double ?? single ?? bare ?? '').trim()
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/gi, (entity, decimal, hex, name) => {
    if (name !== undefined) return namedEntities[name.toLowerCase()] ?? entity
    const codePoint = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal)
    const valid = codePoint >= 0x20 && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff)
    return valid ? String.fromCodePoint(codePoint) : ''
  })
}

function tidy(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.replace(/[ \t\u00a0]+/g, ' ').trim())
  return lines
    .filter((line, index) => line !== '' || lines[index - 1] !== '')
    .join('\n')
    .trim()
}

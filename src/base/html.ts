/** Text that is HTML already. Made only by `html` and `trustedHtml`, so that nothing else escapes escaping. */
export class Html {
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

type Part = Html | string | number | undefined | false | readonly Part[]

/** A template whose values are escaped, in text and in quoted attributes. Lists are joined; `undefined` and `false` leave nothing. */
export function html(literals: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = literals[0] ?? ''
  for (const [index, part] of parts.entries()) markup += write(part) + (literals[index + 1] ?? '')
  return new Html(markup)
}

/** Markup of our own making. @NOTE Never for anything that a caller, a user or a pool's configuration brought in. */
export function trustedHtml(markup: string): Html {
  return new Html(markup)
}

const replacements: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes what means something in HTML text or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => replacements[character] ?? character)
}

function write(part: Part): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.toString()
  if (typeof part === 'object') return part.map(write).join('')
  return escapeHtml(String(part))
}

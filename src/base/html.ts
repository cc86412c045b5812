/** Escaped HTML. Only `html` and `trustedHtml` make it, so that no text can skip the escaping. */
export class Html {
  readonly #markup: string

  constructor(markup: string) {
    this.#markup = markup
  }

  toString(): string {
    return this.#markup
  }
}

type TemplateValue = Html | string | number | undefined | false | readonly TemplateValue[]

/** A template tag that escapes values, for text and quoted attributes. It joins lists, and writes nothing for `undefined` and `false`. */
export function html(literals: TemplateStringsArray, ...values: readonly TemplateValue[]): Html {
  let markup = literals[0] ?? ''
  for (const [index, value] of values.entries()) markup += write(value) + (literals[index + 1] ?? '')
  return new Html(markup)
}

/** Markup from our own source. @NOTE Never use it for text of a caller, a user or a pool's configuration. */
export function trustedHtml(markup: string): Html {
  return new Html(markup)
}

const replacements: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Escapes the characters with a meaning in HTML text and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => replacements[character] ?? character)
}

function write(value: TemplateValue): string {
  if (value === undefined || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (typeof value === 'object') return value.map(write).join('')
  return escapeHtml(String(value))
}

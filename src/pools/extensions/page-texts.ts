import { escapeHtml } from '../../base/html.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { isNear } from '../../flag-suggestion.ts'

/** Texts by language, such as `pt-BR`, and then by key. */
export type PageTexts = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What the hosted pages have texts for. The pages are a later layer, so they hand this to the operations that check texts. */
export type PageTextCatalog = {
  readonly languages: readonly string[]
  /** All texts that can be replaced, in English, by their keys. They show which placeholders a text has. */
  readonly defaults: Readonly<Record<string, string>>
}

/** The most that the texts of a language take up, in bytes of HTML. No page shows all, so a page keeps below 60 KB. */
const mostBytes = 30_000

/**
 * Control characters and line breaks, and characters that turn the direction of the text around them, with which a text can pretend to be
 * another one (Unicode Technical Report 36 §2.8). The marks for a direction (U+200E, U+200F) turn nothing around.
 */
const refusedCharacters = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u

/**
 * Checks texts that an administrator writes for the hosted pages. They are plain text: the pages escape them.
 * @throws ApiError InvalidParameterException when the pages do not have a language or key, when a text is blank, has characters that are not
 *   shown, or has other placeholders than the text that it replaces, or when the texts of a language are too long together
 */
export function readPageTexts(catalog: PageTextCatalog, given: PageTexts): PageTexts {
  const read: Record<string, Readonly<Record<string, string>>> = {}
  for (const [name, texts] of Object.entries(given)) {
    const language = catalog.languages.find((known) => known.toLowerCase() === name.toLowerCase())
    if (language === undefined) {
      throw invalidParameter(`HostedPages.Texts: the pages have no language ${JSON.stringify(name)}, only ${catalog.languages.join(', ')}.`)
    }
    if (Object.hasOwn(read, language)) throw invalidParameter(`HostedPages.Texts: ${language} is given twice.`)
    requireTexts(catalog, texts, `HostedPages.Texts.${language}`)
    read[language] = texts
  }
  return read
}

function requireTexts({ defaults }: PageTextCatalog, texts: Readonly<Record<string, string>>, where: string): void {
  for (const [key, text] of Object.entries(texts)) {
    const original = Object.hasOwn(defaults, key) ? defaults[key] : undefined
    if (original === undefined)
      throw invalidParameter(`${where}: the pages have no text ${JSON.stringify(key)}.${suggestion(key, defaults)}`)
    requireText(text, original, `${where}.${key}`)
  }
  const bytes = Object.values(texts).reduce((sum, text) => sum + Buffer.byteLength(escapeHtml(text)), 0)
  if (bytes > mostBytes) throw invalidParameter(`${where}: the texts are too long. Together they may have ${mostBytes} bytes of HTML.`)
}

function requireText(text: string, original: string, where: string): void {
  if (text.trim() === '') throw invalidParameter(`${where} is blank.`)
  if (refusedCharacters.test(text)) {
    throw invalidParameter(`${where} has a control character, a line break, or a character that changes the direction of text.`)
  }
  const [wanted, found] = [placeholdersIn(original), placeholdersIn(text)]
  const missing = wanted.find((name) => !found.includes(name))
  if (missing !== undefined) throw invalidParameter(`${where} must contain ${missing}, as the text that it replaces: ${original}`)
  const unknown = found.find((name) => !wanted.includes(name))
  if (unknown !== undefined) throw invalidParameter(`${where} contains ${unknown}, for which the page has no value.`)
}

const placeholdersIn = (text: string): string[] => text.match(/\{\w+\}/g) ?? []

/** Names the keys that the caller probably meant. */
function suggestion(key: string, defaults: PageTextCatalog['defaults']): string {
  const wanted = key.toLowerCase()
  const isAlike = (known: string) => isNear(wanted, known) || (wanted.length > 3 && (known.startsWith(wanted) || wanted.startsWith(known)))
  const near = Object.keys(defaults).filter((known) => isAlike(known.toLowerCase()))
  return near.length === 0 ? ' docs/page-texts.md lists all.' : ` Did you mean ${near.slice(0, 3).join(' or ')}?`
}

import type { PageTextCatalog, PageTexts } from '../../pools/extensions/page-texts.ts'
import { de } from './locales/de.ts'
import { en, type Locale, type TextKey } from './locales/en.ts'
import { es } from './locales/es.ts'
import { fr } from './locales/fr.ts'
import { id } from './locales/id.ts'
import { it } from './locales/it.ts'
import { ja } from './locales/ja.ts'
import { ko } from './locales/ko.ts'
import { ptBr } from './locales/pt-br.ts'
import { zhCn } from './locales/zh-cn.ts'
import { zhTw } from './locales/zh-tw.ts'

/** The languages of the pages, by the values of `lang` that Cognito's managed login has. */
export const locales = { de, en, es, fr, id, it, ja, ko, 'pt-BR': ptBr, 'zh-CN': zhCn, 'zh-TW': zhTw } as const satisfies Record<
  string,
  Locale
>

export type Language = keyof typeof locales

export type Text = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string

/** The texts of a language. The first of `overrides` that has a text replaces it: administrators write them for app clients and pools. */
export function textsOf(language: Language, overrides: readonly (PageTexts | undefined)[] = []): Text {
  const texts: Locale = locales[language]
  const own = (key: TextKey) => overrides.map((byLanguage) => byLanguage?.[language]?.[key]).find((text) => text !== undefined)
  return (key, values = {}) =>
    (own(key) ?? texts[key]).replace(/\{(\w+)\}/g, (all, name: string) => (Object.hasOwn(values, name) ? String(values[name]) : all))
}

export const languages = Object.keys(locales) as Language[]

/** The names of languages are for users of other languages, so they cannot be replaced. */
const { name: _, ...replaceable } = en

/** What administrators can write texts for. */
export const pageTexts: PageTextCatalog = { languages, defaults: replaceable }

type LocaleWithTextInfo = Intl.Locale & { getTextInfo(): { readonly direction: 'ltr' | 'rtl' } }

/** The direction in which the language is written (Unicode Technical Standard 35). TypeScript does not know `getTextInfo` yet. */
export function directionOf(language: Language): 'ltr' | 'rtl' {
  return (new Intl.Locale(language) as LocaleWithTextInfo).getTextInfo().direction
}

/** The language that `text` names, whatever its case. A language without its region is enough where the region does not matter. */
export function findLanguage(text: string | undefined): Language | undefined {
  if (text === undefined) return undefined
  const wanted = text.toLowerCase()
  const exact = languages.find((name) => name.toLowerCase() === wanted)
  if (exact !== undefined) return exact
  if (/^zh-(?:hant|tw|hk|mo)\b/.test(wanted)) return 'zh-TW'
  const [primary = ''] = wanted.split('-')
  return languages.find((name) => name.toLowerCase().split('-')[0] === primary)
}

/**
 * The language of a page: the one that the address asks for (`lang`), the first one of the app's (`ui_locales`) that the pages have, the one
 * that the user chose earlier (a cookie), or the best of the browser's (`Accept-Language`, RFC 9110 §12.5.4).
 */
export function chooseLanguage(wishes: {
  readonly lang: string | undefined
  readonly uiLocales?: readonly string[] | undefined
  readonly cookie: string | undefined
  readonly acceptLanguage: string | undefined
}): Language {
  return findLanguage(wishes.lang) ?? fromApp(wishes.uiLocales) ?? findLanguage(wishes.cookie) ?? fromHeader(wishes.acceptLanguage) ?? 'en'
}

/** More entries than this are ignored: the list comes from a stranger. */
const mostEntries = 20

function fromApp(uiLocales: readonly string[] = []): Language | undefined {
  for (const locale of uiLocales.slice(0, mostEntries)) {
    const language = findLanguage(locale)
    if (language !== undefined) return language
  }
  return undefined
}

function fromHeader(header = ''): Language | undefined {
  const entries = header.split(',', mostEntries).map((entry) => {
    const [range = '', ...parameters] = entry.trim().split(';')
    const quality = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find((found) => found !== undefined)
    return { language: findLanguage(range.trim()), quality: quality === undefined ? 1 : Number(quality) }
  })
  const accepted = entries.filter(({ language, quality }) => language !== undefined && quality > 0)
  return accepted.toSorted((one, other) => other.quality - one.quality)[0]?.language
}

import type { PageLook } from '../page-look.ts'

export type TermsLinks = { readonly terms: string; readonly privacy: string }

/** Cognito's names of the languages of pages. */
const names: Readonly<Record<string, string>> = {
  de: 'german',
  en: 'english',
  es: 'spanish',
  fr: 'french',
  id: 'bahasa-indonesia',
  it: 'italian',
  ja: 'japanese',
  ko: 'korean',
  nl: 'dutch',
  'pt-BR': 'portuguese-brazil',
  'zh-CN': 'chinese-simplified',
  'zh-TW': 'chinese-traditional',
}

/**
 * The links of the sign-up page in a language, by its value of `lang`. Without a link for the language the default one stands in. The page
 * mentions both documents in one sentence, so the result is undefined unless both exist.
 */
export function termsLinksIn({ terms: documents }: Pick<PageLook, 'terms'>, language: string): TermsLinks | undefined {
  const linkOf = (links: Readonly<Record<string, string>> = {}) => links[`cognito:${names[language]}`] ?? links['cognito:default']
  const [terms, privacy] = [linkOf(documents.get('terms-of-use')), linkOf(documents.get('privacy-policy'))]
  return terms === undefined || privacy === undefined ? undefined : { terms, privacy }
}

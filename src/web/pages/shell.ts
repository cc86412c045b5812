import type { Shell } from './layout.ts'
import { pageStylesPath } from './styles.ts'
import { chooseLanguage, type Language, textsOf } from './texts.ts'

type Wishes = Parameters<typeof chooseLanguage>[0]

/** The shell of a page that belongs to no app client, and the base of all others. */
export function plainShell(wishes: Wishes): Shell {
  const language: Language = chooseLanguage(wishes)
  return {
    text: textsOf(language),
    language,
    colorMode: 'dynamic',
    styleSheets: [pageStylesPath],
    logo: undefined,
    favicon: undefined,
    header: undefined,
    footer: undefined,
    terms: undefined,
    languageLinks: undefined,
    hiddenFields: {},
  }
}

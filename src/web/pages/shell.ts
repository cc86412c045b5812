import type { AppClient } from '../../pools/app-client.ts'
import { clientExtensionsOf } from '../../pools/client-extensions/client-extensions.ts'
import { hostedPagesOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
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
    providerIcons: new Map(),
    favicon: undefined,
    header: undefined,
    footer: undefined,
    terms: undefined,
    languageLinks: undefined,
    hiddenFields: {},
    browserData: undefined,
    work: undefined,
  }
}

/** The shell with the texts that administrators wrote for the app client, or for its pool. */
export function withOwnTexts(shell: Shell, { pool, client }: { readonly pool: Pool; readonly client: AppClient }): Shell {
  return { ...shell, text: textsOf(shell.language, [clientExtensionsOf(client).hostedPages.texts, hostedPagesOf(pool).texts]) }
}

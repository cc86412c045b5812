import { extensionsOf } from '../pools/extensions/pool-extensions.ts'
import type { LocalizedTemplates, MessageTemplates } from '../pools/message-templates.ts'
import type { Pool } from '../pools/pool.ts'

/**
 * The pool's templates for somebody of this locale: text by text from that of the locale, else of the locale with its last part left out
 * (`zh-Hant-TW`, `zh-Hant`, `zh`), else from the pool's own.
 */
export function templatesFor(pool: Pool, locale: string | undefined): MessageTemplates {
  const { templates: byLocale } = extensionsOf(pool).messages
  let templates = pool.templates
  for (const name of localesOf(locale).toReversed()) {
    const texts = byLocale[name]
    if (texts !== undefined) templates = { ...templates, ...present(texts) }
  }
  return templates
}

/** The most exact first. Nothing for what is no language tag; users write what they like there, such as `de_AT`. */
function localesOf(text: string | undefined): string[] {
  if (!text) return []
  try {
    const parts = new Intl.Locale(text.replaceAll('_', '-')).baseName.split('-')
    return parts.map((_, at) => parts.slice(0, parts.length - at).join('-'))
  } catch {
    return []
  }
}

function present(texts: LocalizedTemplates): Partial<LocalizedTemplates> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined))
}

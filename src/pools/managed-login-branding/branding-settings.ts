import { isObject } from '../../base/is-object.ts'
import { invalidParameter } from '../../contract/api-error.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** The colours, shapes and elements of the managed login pages, as the administrator wrote them. */
export type BrandingSettings = { readonly [name: string]: Json }

const topLevel: readonly string[] = ['categories', 'componentClasses', 'components']

/** The most characters of settings as JSON. Cognito limits one request; Lifeguard also limits settings merged from several requests. */
const maxCharacters = 2 * 1024 * 1024

/**
 * The settings in a request; undefined when it has none.
 * @throws ApiError InvalidParameterException when the document is not a JSON object, or is too large
 */
export function readSettings(document: unknown): BrandingSettings | undefined {
  if (document === undefined) return undefined
  if (!isObject(document as Json)) throw invalidParameter('Settings must be a JSON object.')
  const settings = document as BrandingSettings
  const unknown = Object.keys(settings).find((name) => !topLevel.includes(name))
  if (unknown !== undefined) {
    throw invalidParameter(`Settings cannot have the member ${JSON.stringify(unknown.slice(0, 100))}, only ${topLevel.join(', ')}.`)
  }
  requireSettingsWithinLimit(settings)
  return settings
}

/** `settings` with `changes` merged into them, object by object. Lists and other values are replaced. */
export function mergeSettings(settings: BrandingSettings, changes: BrandingSettings): BrandingSettings {
  return merge(settings, changes) as BrandingSettings
}

/** Merges entries of a map instead of assigning members, because a member may be called `__proto__`. */
function merge(base: Json, changes: Json): Json {
  if (!isObject(base) || !isObject(changes)) return changes
  const merged = new Map(Object.entries(base))
  for (const [name, value] of Object.entries(changes)) {
    const before = merged.get(name)
    merged.set(name, before === undefined ? value : merge(before, value))
  }
  return Object.fromEntries(merged)
}

/** @throws ApiError InvalidParameterException when the settings are too large */
export function requireSettingsWithinLimit(settings: BrandingSettings): void {
  if (JSON.stringify(settings).length > maxCharacters) throw invalidParameter('Settings are larger than 2 megabytes.')
}

import { isObject } from '../../base/is-object.ts'
import { invalidParameter } from '../../contract/api-error.ts'

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** Colours, corners and the presence of things on the managed login pages, as the style's owner wrote it. */
export type BrandingSettings = { readonly [name: string]: Json }

const topLevel: readonly string[] = ['categories', 'componentClasses', 'components']

/** The service's limit of a request; what several requests add up to ends there, too. */
const mostCharacters = 2 * 1024 * 1024

/** Undefined stands for none. Throws InvalidParameterException for what is no settings document. */
export function readSettings(document: unknown): BrandingSettings | undefined {
  if (document === undefined) return undefined
  if (!isObject(document as Json)) throw invalidParameter('Settings must be a JSON object.')
  const settings = document as BrandingSettings
  const unknown = Object.keys(settings).find((name) => !topLevel.includes(name))
  if (unknown !== undefined) {
    throw invalidParameter(`Settings cannot have the member ${JSON.stringify(unknown.slice(0, 100))}, only ${topLevel.join(', ')}.`)
  }
  requireModestSize(settings)
  return settings
}

/** `settings` with `changes` put over them, object by object; lists and values are replaced. */
export function mergeSettings(settings: BrandingSettings, changes: BrandingSettings): BrandingSettings {
  return merge(settings, changes) as BrandingSettings
}

/** By entries: a member may be called `__proto__`. */
function merge(below: Json, above: Json): Json {
  if (!isObject(below) || !isObject(above)) return above
  const merged = new Map(Object.entries(below))
  for (const [name, value] of Object.entries(above)) {
    const covered = merged.get(name)
    merged.set(name, covered === undefined ? value : merge(covered, value))
  }
  return Object.fromEntries(merged)
}

/** Throws InvalidParameterException. */
export function requireModestSize(settings: BrandingSettings): void {
  if (JSON.stringify(settings).length > mostCharacters) throw invalidParameter('Settings are larger than 2 megabytes.')
}

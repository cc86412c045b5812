import { isObject } from '../../base/is-object.ts'
import type { BrandingSettings, Json } from './branding-settings.ts'
import { defaultSettings } from './default-settings.ts'

export type StyleValue = string | number | boolean | readonly string[]

/** What the settings of a style set, by path: `componentClasses.buttons.borderRadius` → 8. */
export type StyleValues = ReadonlyMap<string, StyleValue>

/**
 * The values of settings that pages can use. Settings are stored as they were sent, so only members of the default settings are read, and
 * only values of the same kind: colours, numbers, switches and words. All of these can stand in a style sheet without quoting.
 */
export function readStyleValues(settings: BrandingSettings | undefined): StyleValues {
  const values = new Map<string, StyleValue>()
  if (settings !== undefined) collect(values, '', settings, defaultSettings)
  return values
}

type Members = { readonly [name: string]: Json }

function collect(values: Map<string, StyleValue>, prefix: string, given: Members, defaults: Members): void {
  for (const [name, usual] of Object.entries(defaults)) {
    const value = Object.hasOwn(given, name) ? given[name] : undefined
    if (value === undefined) continue
    if (isMembers(usual)) {
      if (isMembers(value)) collect(values, `${prefix}${name}.`, value, usual)
    } else if (isLike(value, usual)) values.set(prefix + name, value)
  }
}

const isMembers = (value: Json): value is Members => isObject(value)

const colour = /^[0-9a-f]{8}$/i
const word = /^[A-Z_]{1,30}$/
const largestNumber = 1_000
const longestList = 10

function isLike(value: Json, usual: Json): value is StyleValue {
  if (typeof usual === 'boolean') return typeof value === 'boolean'
  if (typeof usual === 'number') return typeof value === 'number' && value >= 0 && value <= largestNumber
  if (typeof usual === 'string') return typeof value === 'string' && (colour.test(usual) ? colour : word).test(value)
  return Array.isArray(value) && value.length <= longestList && value.every((one) => typeof one === 'string' && word.test(one))
}

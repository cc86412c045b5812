import { getShape } from '../../contract/model.ts'

export type Json = null | boolean | number | string | readonly Json[] | Settings
/** The settings of a thing, in the words of the request that makes it. */
export type Settings = { readonly [name: string]: Json }

/** Whether the value is an object, and neither a list nor null. */
export function isSettings(value: Json | undefined): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : []
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function without(settings: Settings, names: readonly string[]): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !names.includes(name)))
}

/** The part of a response that a request with this shape can carry. Dates, versions and the like are left out. */
export function pick(shapeName: string, value: Json): Json {
  const { type, members = {}, member = '', value: element = '' } = getShape(shapeName)
  if (type === 'list') return listOf(value).map((entry) => pick(member, entry))
  if (!isSettings(value)) return value
  if (type === 'map') return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, pick(element, entry)]))
  if (type !== 'structure') return value
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, shape]) => {
      const entry = value[name]
      return entry === undefined || entry === null ? [] : [[name, pick(shape, entry)]]
    }),
  )
}

/** Whether both values are the same, whatever the order of the members of objects. */
export function isSame(one: Json | undefined, other: Json | undefined): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((entry, index) => isSame(entry, other[index]))
  }
  if (!isSettings(one) || !isSettings(other)) return one === other
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => isSame(one[name], other[name]))
}

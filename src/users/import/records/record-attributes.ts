import { isObject } from '../../../base/is-object.ts'
import { isDeveloperOnly } from '../../../pools/attribute-rules.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Attributes } from '../../user.ts'
import { type ImportedRecord, type LeftOut, UnreadableRecordError } from './imported-record.ts'
import type { RecordOptions } from './record-format.ts'

export type RawRecord = Readonly<Record<string, unknown>>

/**
 * The attributes of a record: those that its format has, those that the job maps, and values for which the pool has a custom attribute of
 * the same name. What the pool's schema lacks is left out or refused, as the job says.
 *
 * @throws UnreadableRecordError when a value has no attribute in the pool
 */
export function attributesOf(
  pool: Pick<Pool, 'schema'>,
  options: RecordOptions,
  record: ImportedRecord,
  raw: RawRecord,
): { readonly attributes: Attributes; readonly leftOut: readonly LeftOut[] } {
  const schema = new Set(pool.schema.map(({ name }) => name))
  const attributes = new Map<string, string>()
  const leftOut: LeftOut[] = []
  const set = (name: string, value: string, path: string): void => {
    if (schema.has(name) && name !== 'sub' && name !== 'identities') attributes.set(name, value)
    else if (options.ignoreUnknown) leftOut.push('values')
    else throw noAttribute(name, path)
  }
  for (const [name, value] of record.attributes) {
    if (value !== '') set(name, name === 'phone_number' ? withoutSeparators(value) : value, name)
  }
  const mapped = new Set(options.attributes.map(([path]) => path))
  for (const { path, name, value } of record.otherValues) {
    if (!mapped.has(path)) set(isCustomName(name) ? name : `custom:${name}`, value, path)
  }
  for (const [path, name] of options.attributes) {
    const value = textOf(valueAt(raw, path))
    if (name !== '' && value !== undefined) set(name, value, path)
  }
  return { attributes: withoutUnusedFlags(attributes), leftOut }
}

const isCustomName = (name: string): boolean => name.startsWith('custom:') || isDeveloperOnly(name)

function noAttribute(name: string, path: string): UnreadableRecordError {
  const [shownName, shownPath] = [name, path].map((text) => text.slice(0, 100))
  return new UnreadableRecordError(
    `The pool has no attribute ${shownName} for ${shownPath}. Add the attribute, map the value to another one, or leave unknown values out.`,
  )
}

/** Other systems write phone numbers with spaces and other separators. */
const withoutSeparators = (phone: string): string => phone.replaceAll(/[\s().-]/g, '')

/** Flags without an address say nothing. */
function withoutUnusedFlags(attributes: ReadonlyMap<string, string>): Attributes {
  const isUnused = (name: string) =>
    (name === 'email_verified' && !attributes.get('email')) || (name === 'phone_number_verified' && !attributes.get('phone_number'))
  return Object.fromEntries([...attributes].filter(([name]) => !isUnused(name)))
}

/** The value at a path such as `user_metadata.color`. Names of members may have points themselves. */
function valueAt(object: RawRecord, path: string): unknown {
  if (Object.hasOwn(object, path)) return object[path]
  for (let at = path.indexOf('.'); at > 0; at = path.indexOf('.', at + 1)) {
    const head = path.slice(0, at)
    const inner = Object.hasOwn(object, head) ? object[head] : undefined
    const value = isObject(inner) ? valueAt(inner, path.slice(at + 1)) : undefined
    if (value !== undefined) return value
  }
  return undefined
}

/** A list with one text counts as that text, because some systems have only lists. */
function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string') return value
  if (Array.isArray(value) && value.length === 1 && typeof value[0] === 'string') return value[0] || undefined
  return JSON.stringify(value)
}

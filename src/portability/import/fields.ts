import { isObject } from '../../base/is-object.ts'
import { type ImportedRecord, type OtherValue, UnreadableRecordError } from '../../users/import/records/imported-record.ts'

/** A JSON object of a file, with members of any type. */
export type Json = Readonly<Record<string, unknown>>

/** The member itself, not one that objects inherit. */
export function memberOf(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined
}

/** The text of a member; undefined when it is missing, null or empty. @throws UnreadableRecordError when it is no text */
export function textOf(object: Json, name: string): string | undefined {
  const value = memberOf(object, name)
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') throw wrongType(name, 'a text')
  return value
}

/** @throws UnreadableRecordError when the member is missing or no text */
export function requiredText(object: Json, name: string): string {
  const value = textOf(object, name)
  if (value === undefined) throw new UnreadableRecordError(`The member ${name} is missing.`)
  return value
}

/** The flag of a member; undefined when it is missing or null. @throws UnreadableRecordError when it is neither true nor false */
export function flagOf(object: Json, name: string): boolean | undefined {
  const value = memberOf(object, name)
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'boolean') throw wrongType(name, 'true or false')
  return value
}

/** @throws UnreadableRecordError when the member is no whole number from 0 */
export function countOf(object: Json, name: string): number | undefined {
  const value = memberOf(object, name)
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw wrongType(name, 'a whole number from 0')
  return value
}

/** The elements of a list; none when it is missing or null. @throws UnreadableRecordError when it is no list */
function listOf(object: Json, name: string): readonly unknown[] {
  const value = memberOf(object, name)
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw wrongType(name, 'a list')
  return value
}

/** @throws UnreadableRecordError when an element is no text */
export function textsOf(object: Json, name: string): readonly string[] {
  return listOf(object, name).map((value) => {
    if (typeof value !== 'string') throw wrongType(name, 'a list of texts')
    return value
  })
}

/** @throws UnreadableRecordError when an element is no object */
export function objectsOf(object: Json, name: string): readonly Json[] {
  return listOf(object, name).map((value) => {
    if (!isObject(value)) throw wrongType(name, 'a list of objects')
    return value
  })
}

/** The object in a member; undefined when it is missing or null. @throws UnreadableRecordError when it is no object */
export function objectOf(object: Json, name: string): Json | undefined {
  const value = memberOf(object, name)
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw wrongType(name, 'an object')
  return value
}

/** The object that a member has as JSON text. @throws UnreadableRecordError when it is no JSON object */
export function objectInText(object: Json, name: string): Json {
  const text = textOf(object, name) ?? '{}'
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw wrongType(name, 'JSON in a text')
  }
  if (!isObject(value)) throw wrongType(name, 'a JSON object in a text')
  return value
}

/** The last moment that a time may name: that of a year with four digits. */
const latest = Date.UTC(9999, 11, 31)

/** An ISO 8601 time in epoch milliseconds. @throws UnreadableRecordError when the member is no such text */
export function isoTimeOf(object: Json, name: string): number | undefined {
  const text = textOf(object, name)
  if (text === undefined) return undefined
  const at = /^\d{4}-\d\d-\d\d(T\d\d:\d\d|$)/.test(text) ? Date.parse(text) : Number.NaN
  if (!(at >= 0 && at <= latest)) throw wrongType(name, 'a time in ISO 8601')
  return at
}

/** Epoch milliseconds, as a number or as a text. @throws UnreadableRecordError when the member is something else */
export function epochTimeOf(object: Json, name: string): number | undefined {
  const value = memberOf(object, name)
  if (value === undefined || value === null || value === '') return undefined
  const at = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof at !== 'number' || !(at >= 0 && at <= latest)) throw wrongType(name, 'a time in milliseconds since 1970')
  return Math.floor(at)
}

/** Bytes in base64 or base64url, with or without padding. @throws UnreadableRecordError when the member is something else */
export function bytesOf(object: Json, name: string): Buffer | undefined {
  const text = textOf(object, name)
  if (text === undefined) return undefined
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) throw wrongType(name, 'base64')
  return Buffer.from(text, 'base64')
}

export function wrongType(name: string, wanted: string): UnreadableRecordError {
  return new UnreadableRecordError(`The member ${name} is not ${wanted}.`)
}

/** Adds the values to a map, except those that are undefined. */
export function definedValues(values: Readonly<Record<string, string | undefined>>): Map<string, string> {
  return new Map(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

export const flagText = (flag: boolean | undefined): string | undefined => (flag === undefined ? undefined : String(flag))

/** The members of an object as values that may become attributes: texts as they are, everything else as JSON. */
export function otherValuesOf(object: Json | undefined, path: string): OtherValue[] {
  return Object.entries(object ?? {}).flatMap(([name, value]) => {
    if (value === null || value === '') return []
    return [{ path: path === '' ? name : `${path}.${name}`, name, value: typeof value === 'string' ? value : JSON.stringify(value) }]
  })
}

/** A record with nothing in it. */
export const blankRecord: ImportedRecord = {
  id: undefined,
  usernames: [],
  status: undefined,
  enabled: true,
  createdAt: undefined,
  updatedAt: undefined,
  attributes: new Map(),
  otherValues: [],
  groups: [],
  password: undefined,
  passwordExpiresAt: undefined,
  passwordHistory: [],
  mfa: undefined,
  totp: undefined,
  passkeys: [],
  devices: [],
  identities: [],
  mergedSubs: [],
  mergedNames: [],
  leftOut: [],
}

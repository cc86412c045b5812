import { allConstraints, brokenBound, isStorable, stringChecks, unstorableText } from './constraints.ts'
import { getShape, type Shape } from './model.ts'
import { readDocument } from './read-document.ts'
import { blobReader, integerReader, type Reader, readBoolean, readDouble, readTimestamp, stringReader } from './read-scalar.ts'
import { shortened, type Violations, wrongType } from './violations.ts'

const readers = new Map<string, Reader>()

/** The reader of a shape, which is created at first use and cached. */
export function readerOf(shapeName: string): Reader {
  let reader = readers.get(shapeName)
  if (reader === undefined) {
    reader = createReader(getShape(shapeName))
    readers.set(shapeName, reader)
  }
  return reader
}

function createReader(shape: Shape): Reader {
  switch (shape.type) {
    case 'string':
      return stringReader(shape)
    case 'integer':
    case 'long':
      return integerReader(shape)
    case 'double':
      return readDouble
    case 'boolean':
      return readBoolean
    case 'timestamp':
      return readTimestamp
    case 'blob':
      return blobReader(shape)
    case 'document':
      return readDocument
    case 'structure':
      return structureReader(shape)
    case 'list':
      return listReader(shape)
    case 'map':
      return mapReader(shape)
  }
}

/** Reads the known members. Unknown members are ignored or reported, as `violations` decides. A member that is null counts as absent. */
function structureReader({ members = {}, required = [] }: Shape): Reader {
  const plan = Object.entries(members).map(([name, shapeName]) => {
    return { name, pathName: name.charAt(0).toLowerCase() + name.slice(1), read: readerOf(shapeName), required: required.includes(name) }
  })
  return (value, path, violations) => {
    const given = objectOf(value)
    const result: Record<string, unknown> = {}
    if (violations.rejectsUnknownMembers) addUnknownMembers(violations, path, given, members)
    for (const member of plan) {
      const memberValue = given[member.name]
      if (memberValue === undefined || memberValue === null) {
        if (member.required) violations.addNull(path === '' ? member.pathName : `${path}.${member.pathName}`)
      } else {
        result[member.name] = member.read(memberValue, path === '' ? member.pathName : `${path}.${member.pathName}`, violations)
      }
    }
    return result
  }
}

function addUnknownMembers(violations: Violations, path: string, given: object, members: object): void {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(members, name)) violations.addUnknown(path, name, Object.keys(members))
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || Array.isArray(value) || value === null) throw wrongType(value, undefined)
  return value as Readonly<Record<string, unknown>>
}

function listReader(list: Shape): Reader {
  const elementName = list.member ?? ''
  const element = getShape(elementName)
  const printed = element.type === 'string' && !list.sensitive && !element.sensitive ? printedList : unprinted
  const readElements = element.type === 'string' ? stringListReader(element, printed) : compoundListReader(readerOf(elementName))
  return (value, path, violations) => {
    if (!Array.isArray(value)) throw wrongType(value, undefined)
    const elements = readElements(value, path, violations)
    const broken = brokenBound('length', value.length, list)
    if (broken !== undefined) violations.add(path, broken, printed(value))
    return elements
  }
}

// Prints a list as Java does. Print a list once for a violation, not once for each element, because the client decides how long the list
// is. Print it only after every element is known to be text or null: the conversion by `String` throws for `{ "toString": 1 }` and for
// lists that are nested thousands deep.
const printedList = (values: readonly unknown[]): string => `[${values.map(String).join(', ')}]`
const unprinted = (): undefined => undefined

type ElementsReader = (values: readonly unknown[], path: string, violations: Violations) => unknown[]

/**
 * Reads a list of strings. When a string breaks a constraint, the service reports the list as a whole, with all constraints of an element,
 * whichever was broken.
 */
function stringListReader(element: Shape, printed: (values: readonly unknown[]) => string | undefined): ElementsReader {
  const isBroken = brokenStringTest(element)
  const text = `Member must satisfy constraint: ${allConstraints(element)}`
  return (values, path, violations) => {
    let [unstorable, broken]: [boolean, string | undefined] = [false, undefined]
    for (const value of values) {
      if (value === null) broken ??= 'Member must not be null'
      else if (typeof value !== 'string') throw wrongType(value, 'String')
      else if (!isStorable(value)) unstorable = true
      else if (isBroken(value)) broken ??= text
    }
    if (unstorable) violations.add(path, unstorableText, undefined)
    if (broken !== undefined) violations.add(path, broken, printed(values))
    return [...values]
  }
}

function brokenStringTest(shape: Shape): (value: string) => boolean {
  const checks = stringChecks(shape)
  return (value) => checks.some((check) => check.isBroken(value))
}

/** Reads a list whose elements are not strings. A wrong element is reported by itself, by its position counted from one. */
function compoundListReader(read: Reader): ElementsReader {
  return (values, path, violations) =>
    values.map((value, index) => {
      const elementPath = `${path}.${index + 1}.member`
      if (value !== null) return read(value, elementPath, violations)
      violations.addNull(elementPath)
      return undefined
    })
}

/** Reads a map. The result has no prototype, so that a key such as `__proto__` or `constructor` is ordinary data. */
function mapReader(map: Shape): Reader {
  const [keyName = '', valueName = ''] = [map.key, map.value]
  const [key, element] = [getShape(keyName), getShape(valueName)]
  const printed = element.type === 'string' && !map.sensitive && !key.sensitive && !element.sensitive ? printedMap : unprinted
  const readEntries = element.type === 'string' ? stringMapReader(element, printed) : compoundMapReader(readerOf(valueName))
  const isBrokenKey = brokenStringTest(key)
  const keyText = `Map keys must satisfy constraint: ${allConstraints(key)}`
  return (value, path, violations) => {
    const given = Object.entries(objectOf(value)).filter(([, entry]) => entry !== null && entry !== undefined)
    const result: Record<string, unknown> = Object.create(null)
    readEntries(given, path, violations, result)
    if (given.some(([entryKey]) => !isStorable(entryKey))) violations.add(path, unstorableText, undefined)
    if (given.some(([entryKey]) => isBrokenKey(entryKey))) violations.add(path, keyText, printed(given))
    const broken = brokenBound('length', given.length, map)
    if (broken !== undefined) violations.add(path, broken, printed(given))
    return result
  }
}

type Entries = readonly (readonly [string, unknown])[]

const printedMap = (entries: Entries): string => `{${entries.map(([key, value]) => `${key}=${value}`).join(', ')}}`

type EntriesReader = (entries: Entries, path: string, violations: Violations, into: Record<string, unknown>) => void

/** Reads the entries of a map of strings. When a string breaks a constraint, the service reports the map as a whole. */
function stringMapReader(element: Shape, printed: (entries: Entries) => string | undefined): EntriesReader {
  const isBroken = brokenStringTest(element)
  const text = `Map value must satisfy constraint: ${allConstraints(element)}`
  return (entries, path, violations, into) => {
    let [unstorable, broken] = [false, false]
    for (const [entryKey, value] of entries) {
      if (typeof value !== 'string') throw wrongType(value, 'String')
      if (!isStorable(value)) unstorable = true
      else if (isBroken(value)) broken = true
      into[entryKey] = value
    }
    if (unstorable) violations.add(path, unstorableText, undefined)
    if (broken) violations.add(path, text, printed(entries))
  }
}

function compoundMapReader(read: Reader): EntriesReader {
  return (entries, path, violations, into) => {
    for (const [entryKey, value] of entries) into[entryKey] = read(value, `${path}.${shortened(entryKey)}.member`, violations)
  }
}

/** The most names that one record lists. Usual changes have fewer. A map whose keys the caller chose may have any number. */
const maxNames = 100

/** The most characters of a name that are kept. Only a map whose keys the caller chose has longer ones. */
const maxLength = 256

/** A value in wire form: what JSON can express, dates and bytes. */
type Members = Readonly<Record<string, unknown>>

/**
 * The names of the members that differ between two values in wire form, in alphabetical order: `Name` for a member of the value itself, and
 * `Outer.Inner` for a member of a structure in it. A list counts as one value. At most 100 names. A member that is a date is ignored: it is
 * the time of the change, which the record has, or of an earlier event.
 */
export function changedMembers(before: object, after: object): readonly string[] {
  return [...namesOfChanges(before as Members, after as Members, '')].sort().slice(0, maxNames)
}

function* namesOfChanges(before: Members, after: Members, prefix: string): Generator<string> {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [from, to] = [memberOf(before, name), memberOf(after, name)]
    if (from instanceof Date || to instanceof Date) continue
    if (isStructure(from) && isStructure(to)) yield* namesOfChanges(from, to, `${prefix}${name}.`)
    else if (!areEqual(from, to)) yield `${prefix}${name}`.slice(0, maxLength)
  }
}

/** In a map whose keys the caller chose, a key may be called `__proto__`. */
const memberOf = (members: Members, name: string) => (Object.hasOwn(members, name) ? members[name] : undefined)

const isStructure = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

const areEqual = (one: unknown, other: unknown) => one === other || JSON.stringify(one) === JSON.stringify(other)

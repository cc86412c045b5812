/** More names than any usual change has. */
const maxNames = 100

/** A value in wire form: what JSON can express, and dates. */
type Members = Readonly<Record<string, unknown>>

/**
 * The names of the members that differ between two values in wire form, in alphabetical order: `Name` for a member of the value itself, and
 * `Outer.Inner` for a member of a structure in it. A list counts as one value. At most 100 names.
 */
export function changedMembers(before: object, after: object): readonly string[] {
  return [...namesOfChanges(before as Members, after as Members, '')].sort().slice(0, maxNames)
}

function* namesOfChanges(before: Members, after: Members, prefix: string): Generator<string> {
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [from, to] = [before[name], after[name]]
    if (isStructure(from) && isStructure(to)) yield* namesOfChanges(from, to, `${prefix}${name}.`)
    else if (!areEqual(from, to)) yield `${prefix}${name}`
  }
}

const isStructure = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

const areEqual = (one: unknown, other: unknown) => one === other || JSON.stringify(one) === JSON.stringify(other)

import { isDecimal } from '../attribute-formats.ts'
import type { AttributeValues } from '../attribute-rules.ts'
import { problemOf } from '../attribute-rules.ts'
import type { AttributeDefinition } from '../attribute-schema.ts'
import type { NameRules } from './name-change.ts'

/** What is wrong with a value, or with a missing one, under the new schema. */
export type ValueConflict = 'NOT_A_NUMBER' | 'OUT_OF_CONSTRAINTS' | 'MISSING'

/** What the values of one attribute must conform to. */
export type ValueCheck = {
  readonly definition: Pick<AttributeDefinition, 'name' | 'type' | 'length' | 'range'>
  /** Whether a missing value is a conflict (`REFUSE`), is counted (`REPORT`), or does not matter. */
  readonly missing: 'REFUSE' | 'REPORT' | undefined
}

/**
 * How the stored attributes of users are read and written while a schema change is unfinished. The rows of users are converted only at the end.
 * Until then a reader converts what it reads, by these rules. They are in the row of the change, and every query for users reads them along.
 */
export type SchemaRules = {
  readonly changeId: string
  /**
   * `checking`: the old schema applies, and no write may conflict with the new one. `switched`: the new schema applies, and old values stay.
   * `finishing`: the rows are converted. `undoing`: the old schema applies again, and the rows are converted back.
   */
  readonly phase: 'checking' | 'switched' | 'finishing' | 'undoing'
  /** `showsOld`: answers show the value under the old name, too. */
  readonly renames: readonly { readonly from: string; readonly to: string; readonly showsOld: boolean }[]
  readonly removed: readonly string[]
  /** By new name: the value of users who have none. */
  readonly defaults: AttributeValues
  /** The `schemaVersion` that the pool had before the change. */
  readonly versionBefore?: string | undefined
  /** Undefined when the change does not change which names find users. */
  readonly names?: NameRules | undefined
  /** By old name. */
  readonly checks: Readonly<Record<string, ValueCheck>>
}

let lastParsed: { readonly text: string; readonly rules: SchemaRules } | undefined

/** The same text comes with each user of a pool, so the latest result is kept. */
export function parseRules(text: string): SchemaRules {
  if (lastParsed?.text !== text) lastParsed = { text, rules: JSON.parse(text) as SchemaRules }
  return lastParsed.rules
}

/** The attributes as requests see them. Attributes keep their order. */
export function readStored(rules: SchemaRules, stored: AttributeValues): AttributeValues {
  if (rules.phase === 'checking') return stored
  const isUndoing = rules.phase === 'undoing'
  const visible = new Map<string, string>()
  for (const [name, value] of Object.entries(stored)) {
    const rename = rules.renames.find(({ from, to }) => name === from || name === to)
    if (rename !== undefined) {
      const valid = isUndoing ? rename.from : rename.to
      // If the row has both names, the value of the valid one counts, in whatever order they are.
      if (name !== valid && stored[valid] !== undefined) continue
      visible.set(valid, value)
      if (!isUndoing && rename.showsOld) visible.set(rename.from, value)
    } else if (isUndoing || !rules.removed.includes(name)) visible.set(name, value)
  }
  if (!isUndoing) {
    for (const [name, value] of Object.entries(rules.defaults)) {
      if (!visible.has(name)) visible.set(name, value)
    }
  }
  return Object.fromEntries(visible)
}

/** What a write changes. `stored` and `before` are undefined for a new user. */
type AttributeWrite = {
  /** What the row has. */
  readonly stored: AttributeValues | undefined
  /** The attributes that the request read, and what it makes of them. */
  readonly before: AttributeValues | undefined
  readonly after: AttributeValues
}

/**
 * The attributes to store. A request may have begun before the change was switched, and then uses the old names: such a value is stored under
 * the new name. If both names have a new value, the value of the valid name counts.
 */
export function toStored(rules: SchemaRules, write: AttributeWrite): AttributeValues {
  const { stored, before } = write
  if (rules.phase === 'checking') return write.after
  const isUndoing = rules.phase === 'undoing'
  const after = isUndoing ? withoutShownDefaults(rules, write) : write.after
  const result = new Map(Object.entries(after))
  for (const { from, to } of rules.renames) {
    const [valid, other] = isUndoing ? [from, to] : [to, from]
    const value = chooseValue(before, after, valid, other)
    result.delete(other)
    if (value === undefined) result.delete(valid)
    else result.set(valid, value)
  }
  if (rules.phase === 'switched') keepOld(rules, stored, result)
  if (rules.phase === 'finishing') for (const name of rules.removed) result.delete(name)
  if (isUndoing) keepHidden(rules, write, result)
  return Object.fromEntries(result)
}

function chooseValue(before: AttributeValues | undefined, after: AttributeValues, valid: string, other: string): string | undefined {
  if (before === undefined) return after[valid] ?? after[other]
  if (after[valid] !== before[valid]) return after[valid]
  if (after[other] !== before[other]) return after[other]
  return after[valid] ?? after[other]
}

/** Until the change is finished, the row keeps removed values, and has no value that only comes from a default. */
function keepOld(rules: SchemaRules, stored: AttributeValues | undefined, result: Map<string, string>): void {
  for (const name of rules.removed) {
    const value = stored?.[name]
    if (value === undefined) result.delete(name)
    else result.set(name, value)
  }
  for (const [name, value] of Object.entries(rules.defaults)) {
    if (!hasValue(rules, stored, name) && result.get(name) === value) result.delete(name)
  }
}

/** Whether the row has a value of the attribute, which is given by its new name. */
function hasValue({ renames }: SchemaRules, stored: AttributeValues | undefined, name: string): boolean {
  const oldName = renames.find(({ to }) => to === name)?.from
  return stored?.[name] !== undefined || (oldName !== undefined && stored?.[oldName] !== undefined)
}

/** During an undo: the attributes without the defaults that a request has read before the undo. The row never had them. */
function withoutShownDefaults(rules: SchemaRules, { stored, before, after }: AttributeWrite): AttributeValues {
  if (stored === undefined) return after
  // A user who comes back has what the archive showed.
  const read = before ?? after
  const wasShown = (name: string) => rules.defaults[name] === read[name] && !hasValue(rules, stored, name)
  const shown = Object.keys(rules.defaults).filter((name) => wasShown(name) && after[name] === read[name])
  return Object.fromEntries(Object.entries(after).filter(([name]) => !shown.includes(name)))
}

/** During an undo: a request that has read the user before the undo does not know the removed values, so they stay. */
function keepHidden({ removed }: SchemaRules, { stored, before }: AttributeWrite, result: Map<string, string>): void {
  for (const name of removed) {
    const value = stored?.[name]
    if (value !== undefined && before?.[name] === undefined && !result.has(name)) result.set(name, value)
  }
}

/** Why the value of a user conflicts with the new schema. Undefined when it does not. */
export function conflictOf({ definition, missing }: ValueCheck, value: string | undefined): ValueConflict | undefined {
  if (!value) return missing === 'REFUSE' ? 'MISSING' : undefined
  if (definition.type === 'Number' && !isDecimal(value)) return 'NOT_A_NUMBER'
  return problemOf(definition, value) === undefined ? undefined : 'OUT_OF_CONSTRAINTS'
}

/**
 * The first attribute, by the name that the request knows, that a write would set so that it conflicts with the new schema. `schema` is the one
 * that the request was checked against. It may be older than the switch; once it is not, it decides whether a value may be missing.
 */
export function findNewConflict(
  rules: SchemaRules,
  schema: readonly AttributeDefinition[],
  { before, after }: Pick<AttributeWrite, 'before' | 'after'>,
): string | undefined {
  if (rules.phase === 'undoing') return undefined
  return Object.keys(rules.checks).find((name) => {
    const newName = rules.renames.find(({ from }) => from === name)?.to ?? name
    const check = rules.checks[name] as ValueCheck
    if (rules.phase === 'checking') return (before === undefined || before[name] !== after[name]) && isConflict(check, after[name])
    const value = chooseValue(before, after, newName, name)
    if (before !== undefined && value === (before[newName] ?? before[name])) return false
    const knowsNew = schema.some((definition) => definition.name === newName && definition.required)
    return isConflict(knowsNew ? { ...check, missing: undefined } : check, value)
  })
}

const isConflict = (check: ValueCheck, value: string | undefined) => conflictOf(check, value) !== undefined

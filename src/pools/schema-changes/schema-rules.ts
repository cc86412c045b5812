import { isDecimal } from '../attribute-formats.ts'
import type { AttributeValues } from '../attribute-rules.ts'
import { problemOf } from '../attribute-rules.ts'
import type { AttributeDefinition } from '../attribute-schema.ts'

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
      visible.set(isUndoing ? rename.from : rename.to, value)
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
export function toStored(rules: SchemaRules, { stored, before, after }: AttributeWrite): AttributeValues {
  if (rules.phase === 'checking') return after
  const isUndoing = rules.phase === 'undoing'
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
    const oldName = rules.renames.find(({ to }) => to === name)?.from
    const hadValue = stored?.[name] !== undefined || (oldName !== undefined && stored?.[oldName] !== undefined)
    if (!hadValue && result.get(name) === value) result.delete(name)
  }
}

/** Why the value of a user conflicts with the new schema. Undefined when it does not. */
export function conflictOf({ definition, missing }: ValueCheck, value: string | undefined): ValueConflict | undefined {
  if (!value) return missing === 'REFUSE' ? 'MISSING' : undefined
  if (definition.type === 'Number' && !isDecimal(value)) return 'NOT_A_NUMBER'
  return problemOf(definition, value) === undefined ? undefined : 'OUT_OF_CONSTRAINTS'
}

/** The first attribute that a write would set so that it conflicts with a change which is being checked. */
export function findNewConflict(rules: SchemaRules, before: AttributeValues | undefined, after: AttributeValues): string | undefined {
  if (rules.phase !== 'checking') return undefined
  return Object.entries(rules.checks).find(
    ([name, check]) => (before === undefined || before[name] !== after[name]) && conflictOf(check, after[name]) !== undefined,
  )?.[0]
}

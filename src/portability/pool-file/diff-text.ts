import { isSettings, type Json } from './json.ts'
import type { Found, Kind } from './kind.ts'
import type { Change, SectionPlan, Step } from './plan.ts'
import { pathText } from './read-files.ts'
import { secretNames } from './secret-names.ts'
import { nameOf } from './wanted.ts'

/** What is to be done, or was done, one line for each thing and each setting. */
export type DiffText = {
  readonly lines: readonly string[]
  readonly created: number
  readonly changed: number
  readonly deleted: number
  readonly kept: number
}

type Writing = { readonly prunes: boolean; readonly secrets: ReadonlySet<string> }

/** The plan as text. No line has a secret. */
export function diffText(sections: readonly SectionPlan[], writing: Writing): DiffText {
  const texts = sections.flatMap((section) => sectionTexts(section, '', writing)).map((line) => withoutSecrets(line, writing.secrets))
  const count = (sign: string) => texts.filter((line) => line.startsWith(`${sign} `)).length
  return { lines: texts, created: count('+'), changed: count('~'), deleted: count('-'), kept: count('?') }
}

function sectionTexts({ kind, steps, surplus }: SectionPlan, place: string, writing: Writing): readonly string[] {
  const removed = surplus.map((found) => {
    const label = labelOf(place, kind, foundName(kind, found))
    return writing.prunes && kind.remove !== undefined ? `- ${label}` : `? ${label}   (not in the files)`
  })
  return [...removed, ...steps.flatMap((step) => stepTexts(step, place, writing))]
}

function stepTexts(step: Step, place: string, writing: Writing): readonly string[] {
  const { desired, isNew, changes, sections, users } = step
  const { kind } = desired
  const label = labelOf(place, kind, nameOf(desired))
  const own = isNew
    ? [`+ ${label}`]
    : changes.length === 0
      ? []
      : [`~ ${label}`, ...changes.map((change) => `    ${changeText(change, writing.secrets)}`)]
  const ofUsers = users.flatMap(({ wanted, isNew, members }) => {
    const user = `${label} Users ${JSON.stringify(wanted.username)}`
    if (isNew) return [`+ ${user}`]
    return members.length === 0 ? [] : [`~ ${user}`, `    ${members.join(', ')}`]
  })
  return [...own, ...sections.flatMap((section) => sectionTexts(section, label, writing)), ...ofUsers]
}

function labelOf(place: string, kind: Kind, name: string): string {
  return [place, kind.section, name === '' ? '' : JSON.stringify(name)].filter(Boolean).join(' ')
}

function foundName({ id, name = '' }: Kind, { ids, settings }: Found): string {
  return String(ids[id ?? ''] ?? settings[name] ?? '')
}

function changeText({ path, from, to }: Change, secrets: ReadonlySet<string>): string {
  return `${pathText(path)}: ${valueText(path.at(-1), from, secrets)} -> ${valueText(path.at(-1), to, secrets)}`
}

const longestValue = 160

function valueText(name: string | number | undefined, value: Json | undefined, secrets: ReadonlySet<string>): string {
  if (value === undefined) return '(none)'
  const text = JSON.stringify(masked(String(name), value, secrets))
  return text.length <= longestValue ? text : `${text.slice(0, longestValue)}…`
}

/** What came by reference is a secret as well. */
function masked(name: string, value: Json, secrets: ReadonlySet<string>): Json {
  if (Array.isArray(value)) return value.map((entry) => masked(name, entry, secrets))
  if (isSettings(value)) return Object.fromEntries(Object.entries(value).map(([member, entry]) => [member, masked(member, entry, secrets)]))
  return secretNames.has(name) || (typeof value === 'string' && secrets.has(value)) ? '(secret)' : value
}

/** The shortest text that is looked for in others. A shorter one would be found in many of them. */
const shortestSecret = 4

/** The text without what came by reference. A name or an error may contain it. */
export function withoutSecrets(text: string, secrets: ReadonlySet<string>): string {
  return [...secrets]
    .filter((secret) => secret.length >= shortestSecret)
    .reduce((masked, secret) => masked.replaceAll(secret, '(secret)'), text)
}

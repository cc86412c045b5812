import { ApiError, type ErrorCode } from '../../contract/api-error.ts'
import { definitionOf } from '../../contract/model.ts'
import { isSettings, type Json, listOf, pick, type Settings, textOf, without } from './json.ts'
import type { Call, CalledName } from './operation-calls.ts'

/** The ids by which operations name a thing and those that it is in, such as UserPoolId and ClientId. */
export type Ids = Readonly<Record<string, string>>

/** A thing as it is stored. */
export type Found = {
  readonly ids: Ids
  /** In the words of the request that makes it. */
  readonly settings: Settings
}

/** The JSON Schema of members that the request does not have. */
export type OwnMembers = Readonly<Record<string, object>>

/** A kind of thing that a file describes, and the operations by which it is read and changed. */
export type Kind = {
  /** The member of the file that holds the things. */
  readonly section: string
  /** Whether there is one such thing at most; then the section is an object. Otherwise it is a list. */
  readonly isSingle?: boolean
  /** The operation whose request has the settings. */
  readonly request: CalledName
  /** Members of this request that the file does not have: the ids of what the thing is in, and what cannot be compared. */
  readonly omitted: readonly string[]
  /** Members that the request does not have. They name the thing, or are applied by the kind itself. */
  readonly own?: OwnMembers
  /** The member that names a thing of a list. */
  readonly name?: string
  /** The member with the id that the file may fix. It names the thing before `name` does. */
  readonly id?: string
  /** Members that cannot change, and what the operator can do instead. */
  readonly fixed?: Readonly<Record<string, string>>
  /** The sections of a thing. */
  readonly sections?: readonly Kind[]
  list(call: Call, within: Ids): Promise<readonly Found[]>
  create(call: Call, within: Ids, settings: Settings): Promise<Ids>
  /** `settings` are complete: what they leave out returns to its default. */
  update(call: Call, before: Found, settings: Settings): Promise<void>
  /** Left out for what is never deleted. */
  remove?(call: Call, ids: Ids): Promise<void>
  /** What is compared. By default, all settings. `given` is what the file says, sections included. */
  compared?(settings: Settings, given: Settings): Settings
  /** The settings as an export writes them. By default, all. */
  exported?(settings: Settings): Settings
  /** The wanted settings, with those of the stored thing that an update never takes away, or that a section of the file changes. */
  completed?(settings: Settings, stored: Settings, given: Settings): Settings
  /** Why the stored thing cannot become the wanted one, and the member of the file that is the reason. */
  refusal?(settings: Settings, stored: Settings): { readonly member: string; readonly reason: string } | undefined
}

/** The members of a response that the request of an operation can carry, without those that the file does not have. */
export function settingsOf(name: CalledName, shown: Json | undefined, omitted: readonly string[] = []): Settings {
  return without(pick(definitionOf(name).input, shown ?? {}) as Settings, omitted)
}

export function idOf(shown: Json | undefined, name: string): string {
  const id = textOf((shown as Settings | undefined)?.[name])
  if (id === undefined) throw new Error(`A response has no ${name}.`)
  return id
}

/** Keeps stored members that an update without them does not take away, as at Cognito. */
export function keeping(...names: readonly string[]): NonNullable<Kind['completed']> {
  return (settings, stored) => ({ ...chosen(stored, names), ...settings })
}

/**
 * Keeps the stored secret of a section that the file has without it. A secret that the API hides is easily missing in a file, and an update
 * without it would delete it, or keep it for ever.
 * @param same members of the section that have to be as they were
 */
export function keepingSecret(settings: Settings, stored: Settings, section: string, name: string, same: readonly string[] = []): Settings {
  const [wanted, before] = [settings[section], stored[section]]
  if (!isSettings(wanted) || !isSettings(before) || wanted[name] !== undefined || before[name] === undefined) return settings
  if (same.some((member) => wanted[member] !== before[member])) return settings
  return { ...settings, [section]: { ...wanted, [name]: before[name] } }
}

/** The members with these names, as far as they are there. */
export function chosen(settings: Settings, names: readonly string[]): Settings {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)))
}

/** The response, or undefined when the operation answers with this error, which says that there is nothing to show. */
export async function unless<T>(code: ErrorCode, response: Promise<T>): Promise<T | undefined> {
  try {
    return await response
  } catch (error) {
    if (error instanceof ApiError && error.code === code) return undefined
    throw error
  }
}

type Paged = { readonly size: Settings; readonly member: string; readonly token?: string }

/** All entries of a list operation. */
export async function allOf(
  call: Call,
  name: CalledName,
  request: Settings,
  { size, member, token = 'NextToken' }: Paged,
): Promise<Settings[]> {
  const entries: Settings[] = []
  let next: string | undefined
  do {
    const page: Settings = await call(name, { ...request, ...size, ...(next !== undefined && { NextToken: next }) })
    entries.push(...(listOf(page[member]) as Settings[]))
    next = textOf(page[token])
  } while (next !== undefined)
  return entries
}

type SingleKind = Pick<Kind, 'section' | 'omitted' | 'compared' | 'completed'> & {
  readonly get: CalledName
  readonly set: CalledName
  /** The settings in the response; undefined when nothing was set. */
  readonly read: (response: Settings, within: Ids) => Json | undefined
  /** The error by which the operation says that the pool has no such settings. */
  readonly noneCode?: ErrorCode
}

/** Settings that one operation shows and another replaces. They are not deleted. */
export function singleKind({ get, set, read, noneCode = 'ResourceNotFoundException', ...kind }: SingleKind): Kind {
  return {
    ...kind,
    isSingle: true,
    request: set,
    async list(call, within) {
      const response = await unless(noneCode, call(get, within))
      const shown = response && read(response, within)
      return shown === undefined ? [] : [{ ids: within, settings: settingsOf(set, shown, kind.omitted) }]
    },
    async create(call, within, settings) {
      await call(set, { ...settings, ...within })
      return within
    },
    async update(call, { ids }, settings) {
      await call(set, { ...settings, ...ids })
    },
  }
}

type ListedKind = Pick<Kind, 'section' | 'omitted' | 'compared' | 'completed' | 'fixed'> & {
  readonly name: string
  readonly create: CalledName
  readonly update: CalledName
  readonly remove: CalledName
  /** Shows all things. */
  readonly show: (call: Call, within: Ids) => Promise<readonly Settings[]>
}

/** Things of a list. A member of their settings names them, and their name never changes. */
export function listedKind({ create, update, remove, show, ...kind }: ListedKind): Kind {
  const idsOf = (within: Ids, settings: Settings): Ids => ({ ...within, [kind.name]: idOf(settings, kind.name) })
  return {
    ...kind,
    request: create,
    async list(call, within) {
      const shown = await show(call, within)
      return shown.map((thing) => ({ ids: idsOf(within, thing), settings: settingsOf(create, thing, kind.omitted) }))
    },
    async create(call, within, settings) {
      await call(create, { ...settings, ...within })
      return idsOf(within, settings)
    },
    async update(call, { ids }, settings) {
      await call(update, { ...settings, ...ids })
    },
    async remove(call, ids) {
      await call(remove, ids)
    },
  }
}

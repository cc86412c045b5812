import { ApiError } from '../../contract/api-error.ts'
import { isSame, listOf, type Settings, textOf, without } from './json.ts'
import type { Ids, Kind } from './kind.ts'
import { topKinds } from './kinds.ts'
import type { Call } from './operation-calls.ts'
import { fileError, type Path, type PoolFile } from './read-files.ts'
import { readUsers, type WantedUser } from './users.ts'

/** A thing as a file describes it. */
export type Wanted = {
  readonly kind: Kind
  readonly file: PoolFile
  readonly path: Path
  /** What the file says, sections included. */
  readonly given: Settings
  /** The settings of the thing itself. */
  readonly own: Settings
  readonly sections: readonly Section[]
  readonly users: readonly WantedUser[]
}

/** The things of one kind that the file names within another thing. A kind that the file does not name is left out. */
export type Section = { readonly kind: Kind; readonly things: readonly Wanted[] }

/** The id or name by which the file knows the thing; empty for the only thing of a section. */
export function nameOf({ kind, own }: Pick<Wanted, 'kind' | 'own'>): string {
  return textOf(own[kind.id ?? '']) ?? textOf(own[kind.name ?? '']) ?? ''
}

/**
 * The things that the files describe, in the order in which they are made.
 * @throws PoolFileError when two have the same name
 */
export function readWanted(files: readonly PoolFile[]): readonly Section[] {
  const perFile = files.map((file) => readSections(file, topKinds, file.content, []))
  return topKinds.flatMap((kind) => {
    const things = perFile.flatMap((sections) => sections.filter((section) => section.kind === kind).flatMap((section) => section.things))
    requireUniqueNames(things)
    return things.length === 0 ? [] : [{ kind, things }]
  })
}

function readSections(file: PoolFile, kinds: readonly Kind[], content: Settings, path: Path): readonly Section[] {
  return kinds.flatMap((kind) => {
    const section = content[kind.section]
    if (section === undefined) return []
    const place = [...path, kind.section]
    const things = kind.isSingle
      ? [readThing(file, kind, section as Settings, place)]
      : listOf(section).map((entry, index) => readThing(file, kind, entry as Settings, [...place, index]))
    requireUniqueNames(things)
    return [{ kind, things }]
  })
}

function readThing(file: PoolFile, kind: Kind, given: Settings, path: Path): Wanted {
  const sections = kind.sections ?? []
  return {
    ...{ kind, file, path, given },
    own: without(given, [...sections.map(({ section }) => section), 'Users']),
    sections: readSections(file, sections, given, path),
    users: readUsers(given['Users']),
  }
}

function requireUniqueNames(things: readonly Wanted[]): void {
  const seen = new Set<string>()
  for (const thing of things) {
    const name = nameOf(thing)
    if (seen.has(name)) {
      const { id, name: member } = thing.kind
      const advice = id === undefined ? '' : ` Give each its ${id}.`
      throw fileError(thing.file, thing.path, `another one has the same ${member} ${JSON.stringify(name)}.${advice}`)
    }
    seen.add(name)
  }
}

/** A thing with the settings that it has once it is made, defaults included. */
export type Desired = Omit<Wanted, 'sections'> & {
  /** Its ids in the empty database. */
  readonly ids: Ids
  readonly settings: Settings
  /** Whether the operations show the thing. They show no configuration that is empty, so that it counts as made. */
  readonly isShown: boolean
  readonly sections: readonly DesiredSection[]
}
export type DesiredSection = { readonly kind: Kind; readonly things: readonly Desired[] }

/**
 * Makes the things in an empty database, by the operations, and reads them back: so the rules and the defaults of the API hold, and each is
 * written down in one place only.
 * @throws PoolFileError when an operation refuses a thing
 */
export async function tryOut(call: Call, sections: readonly Section[], within: Ids = {}): Promise<readonly DesiredSection[]> {
  const made: { readonly section: Section; readonly ids: readonly Ids[]; readonly inner: readonly (readonly DesiredSection[])[] }[] = []
  for (const section of sections) {
    const ids: Ids[] = []
    const inner: (readonly DesiredSection[])[] = []
    for (const thing of section.things) {
      const id = await inFile(thing, () => section.kind.create(call, within, thing.own))
      ids.push(id)
      inner.push(await tryOut(call, thing.sections, id))
    }
    made.push({ section, ids, inner })
  }
  // Everything is read once all is made: a later section may have set something that an earlier one shows.
  const desired: DesiredSection[] = []
  for (const { section, ids, inner } of made) {
    const { kind } = section
    const found = kind.id === undefined ? await kind.list(call, within) : (await Promise.all(ids.map((id) => kind.list(call, id)))).flat()
    const things = section.things.map((thing, index): Desired => {
      const own = ids[index] ?? {}
      const shown = found.find((other) => isSame(other.ids, own))
      if (shown === undefined && !kind.isSingle) throw fileError(thing.file, thing.path, 'nothing in the file has this name.')
      return { ...thing, ids: own, settings: shown?.settings ?? thing.own, isShown: shown !== undefined, sections: inner[index] ?? [] }
    })
    desired.push({ kind, things })
  }
  return desired
}

/** Runs work on a thing. The refusal of an operation becomes an error at the place of the thing. */
export async function inFile<T>({ file, path }: Pick<Wanted, 'file' | 'path'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ApiError) throw fileError(file, path, error.message.trim())
    throw error
  }
}

import { findPool } from '../../pools/pool-repository.ts'
import { isSame, isSettings, type Json, type Settings, textOf } from './json.ts'
import { type Found, type Ids, type Kind, unless } from './kind.ts'
import type { Call, CallDeps } from './operation-calls.ts'
import { fileError, type Path } from './read-files.ts'
import { compareUsers, type UserChange } from './users.ts'
import { type Desired, type DesiredSection, inFile } from './wanted.ts'

/** What is to be done about a thing, and about what is in it. */
export type Step = {
  readonly desired: Desired
  /** The stored thing; undefined when it is to be created. */
  readonly live: Found | undefined
  /** Whether the thing is to be created. */
  readonly isNew: boolean
  /** What changes. Empty for a thing that is to be created or stays as it is. */
  readonly changes: readonly Change[]
  readonly sections: readonly SectionPlan[]
  readonly users: readonly UserChange[]
}

/** A setting that changes. `from` is the stored value and `to` the value of the file; undefined means no value. */
export type Change = { readonly path: Path; readonly from: Json | undefined; readonly to: Json | undefined }

export type SectionPlan = {
  readonly kind: Kind
  readonly steps: readonly Step[]
  /** What is stored there and not in the file. */
  readonly surplus: readonly Found[]
}

type Live = { readonly call: Call; readonly deps: CallDeps }

/**
 * Compares what the files describe with what is stored.
 * @throws PoolFileError when a change is not possible
 */
export async function planSections(
  live: Live,
  sections: readonly DesiredSection[],
  within: Ids | undefined,
): Promise<readonly SectionPlan[]> {
  const plans: SectionPlan[] = []
  for (const { kind, things } of sections) {
    const isTop = within !== undefined && Object.keys(within).length === 0
    const stored = within === undefined ? [] : isTop ? await storedAmong(live.call, kind, things) : await kind.list(live.call, within)
    const steps: Step[] = []
    for (const desired of things) steps.push(await planThing(live, desired, findStored(stored, desired)))
    // A file is not about all pools and roles of the server, so those that it does not name are no surplus.
    const known = new Set(steps.map((step) => step.live))
    plans.push({ kind, steps, surplus: isTop || kind.isSingle ? [] : stored.filter((found) => !known.has(found)) })
  }
  return plans
}

/** The stored things of the top of the files. One with an id is looked up by it. */
async function storedAmong(call: Call, kind: Kind, things: readonly Desired[]): Promise<readonly Found[]> {
  const { id } = kind
  if (id === undefined || things.some(({ own }) => own[id] === undefined)) return kind.list(call, {})
  const found = things.map(({ own }) => unless('ResourceNotFoundException', kind.list(call, { [id]: String(own[id]) })))
  return (await Promise.all(found)).flatMap((list) => list ?? [])
}

/** @throws PoolFileError when several have the name */
function findStored(stored: readonly Found[], { kind, own, file, path }: Desired): Found | undefined {
  if (kind.isSingle) return stored[0]
  const id = kind.id === undefined ? undefined : textOf(own[kind.id])
  if (id !== undefined) return stored.find(({ ids }) => ids[kind.id ?? ''] === id)
  const name = kind.name ?? ''
  const named = stored.filter(({ settings, ids }) => (settings[name] ?? ids[name]) === own[name])
  if (named.length > 1) {
    throw fileError(file, path, `${named.length} have the ${name} ${JSON.stringify(own[name])}. Say which one is meant, by its ${kind.id}.`)
  }
  return named[0]
}

async function planThing(live: Live, desired: Desired, found: Found | undefined): Promise<Step> {
  const { kind, users } = desired
  const pool = kind.section === 'UserPools' && found !== undefined ? await findPool(live.deps.db, found.ids['UserPoolId'] ?? '') : undefined
  return {
    ...{ desired, live: found, isNew: found === undefined && desired.isShown },
    changes: found === undefined ? [] : changesOf(desired, found),
    sections: await planSections(live, desired.sections, found?.ids),
    users: await inFile({ ...desired, path: [...desired.path, 'Users'] }, () => compareUsers(live.deps, pool, users)),
  }
}

/** @throws PoolFileError when one of them is not possible */
function changesOf(desired: Desired, found: Found): readonly Change[] {
  const { kind, given, file, path } = desired
  const settings = completeSettings(desired, found)
  const compared = (of: Settings) => kind.compared?.(of, given) ?? of
  const changes = differences(compared(found.settings), compared(settings), [])
  for (const { path: place } of changes) {
    const advice = kind.fixed?.[String(place[0])]
    if (advice !== undefined) throw fileError(file, [...path, String(place[0])], `the stored value is another one. ${advice}`)
  }
  const refusal = kind.refusal?.(desired.settings, found.settings)
  if (refusal !== undefined) throw fileError(file, [...path, refusal.member], refusal.reason)
  return changes
}

/** What the thing is to be, with what a change never takes away. */
export function completeSettings({ kind, settings, given }: Desired, found: Found): Settings {
  return kind.completed?.(settings, found.settings, given) ?? settings
}

/** The settings that differ, each by itself. Lists are compared as a whole. */
function differences(from: Json | undefined, to: Json | undefined, path: Path): readonly Change[] {
  if (isSame(from, to)) return []
  if (!isSettings(from) || !isSettings(to)) return [{ path, from, to }]
  const names = [...new Set([...Object.keys(from), ...Object.keys(to)])]
  return names.flatMap((name) => differences(from[name], to[name], [...path, name]))
}

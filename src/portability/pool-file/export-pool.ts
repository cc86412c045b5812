import { stringify } from 'yaml'
import { recordCommand } from '../../audit/audit-trail.ts'
import { clients } from './client-kinds.ts'
import { identityPools } from './identity-kinds.ts'
import { isSame, isSettings, type Json, type Settings } from './json.ts'
import type { Found, Ids, Kind } from './kind.ts'
import { type Call, type CallDeps, createCall } from './operation-calls.ts'
import { userPools } from './pool-kinds.ts'
import { secretNames } from './secret-names.ts'

export type ExportedPool = {
  readonly text: string
  /** The environment variables that the file refers to. */
  readonly variables: readonly string[]
}

/**
 * Writes a user pool or an identity pool as a file that makes it again, with its ids and without its users. What has its default value is
 * left out: `scratch` is an empty database in which a new pool shows the defaults.
 * @throws ApiError ResourceNotFoundException when there is no such pool
 */
export async function exportPool(deps: CallDeps, scratch: CallDeps, id: string, withSecrets: boolean): Promise<ExportedPool> {
  const kind = id.includes(':') ? identityPools : userPools
  const calls = { call: createCall(deps, 'exported as a file'), blank: createCall(scratch) }
  const [found] = await kind.list(calls.call, { [kind.id ?? '']: id })
  if (found === undefined) throw new Error(`There is no pool ${id}.`)
  const thing = await writeThing({ ...calls, standards: await makeStandards(calls.blank) }, kind, found)
  const variables = new Set<string>()
  const referring = refer(thing, [], variables)
  if (withSecrets) await recordShown(deps, id, [...variables])
  const content = withSecrets ? markAll(thing) : referring
  return { text: stringify({ [kind.section]: [content] }, { lineWidth: 0 }), variables: withSecrets ? [] : [...variables] }
}

/** Stores the audit record of an export with secrets. Its detail has the names of the variables that would stand in their place. */
async function recordShown({ db, clock }: CallDeps, id: string, names: readonly string[]): Promise<void> {
  const poolId = id.includes(':') ? undefined : id
  const detail = names.length === 0 ? 'no secrets' : `secrets: ${names.join(', ')}`
  await db.transaction().execute((tx) => recordCommand(tx, clock, { operation: 'ExportPool', poolId, subject: id, detail }))
}

/** The ids of new things in the empty database, which have their default values. */
async function makeStandards(blank: Call): Promise<ReadonlyMap<Kind, Ids>> {
  const pool = await userPools.create(blank, {}, { PoolName: 'standard' })
  return new Map([
    [userPools, pool],
    [clients, await clients.create(blank, pool, { ClientName: 'standard' })],
  ])
}

type Writing = { readonly call: Call; readonly blank: Call; readonly standards: ReadonlyMap<Kind, Ids> }

/** `place` is the thing in the empty database in which the defaults of a single thing are found. */
async function writeThing(writing: Writing, kind: Kind, { ids, settings }: Found, place?: Ids): Promise<Settings> {
  const standardIds = writing.standards.get(kind) ?? place
  const [standard] = standardIds === undefined ? [] : await kind.list(writing.blank, standardIds)
  const id: Settings = kind.id === undefined ? {} : { [kind.id]: ids[kind.id] ?? '' }
  const own = withoutDefaults(kind.exported?.(settings) ?? settings, standard?.settings ?? {}, kind.name)
  return { ...id, ...own, ...(await writeSections(writing, kind, ids)) }
}

async function writeSections(writing: Writing, { sections = [], ...kind }: Kind, ids: Ids): Promise<Settings> {
  const place = [...writing.standards].find(([{ section }]) => section === kind.section)?.[1]
  const written: [string, Json][] = []
  for (const section of sections) {
    const things: Settings[] = []
    for (const found of await section.list(writing.call, ids)) {
      things.push(await writeThing(writing, section, found, section.isSingle ? place : undefined))
    }
    const [first = {}] = things
    if (!section.isSingle && things.length > 0) written.push([section.section, things])
    if (section.isSingle && Object.keys(first).length > 0) written.push([section.section, first])
  }
  return Object.fromEntries(written)
}

/** Empty lists and objects are left out as well: a request without them means the same. */
function withoutDefaults(settings: Settings, defaults: Settings, name: string | undefined): Settings {
  const isShown = (member: string, value: Json) => !isSame(value, defaults[member]) && !isEmpty(value)
  return Object.fromEntries(Object.entries(settings).filter(([member, value]) => member === name || isShown(member, value)))
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}

/** Puts references in the place of secrets. A text that looks like a reference is marked as a text. */
function refer(settings: Settings, place: readonly string[], variables: Set<string>): Settings {
  const here = ownPlace(settings) ?? place
  const write = (name: string, value: Json): Json => {
    if (Array.isArray(value)) return value.map((entry) => write(name, entry))
    if (isSettings(value)) return refer(value, name === 'FormerPool' ? [name] : here, variables)
    if (typeof value !== 'string') return value
    return secretNames.has(name) ? `env:${newVariable([...here, name], variables)}` : marked(value)
  }
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, write(name, value)]))
}

/** What names of variables begin with, for secrets of an app client or a provider. `FormerPool`, too, has a ClientId. */
function ownPlace({ ClientId: client, ClientName: clientName, ProviderName: provider }: Settings): readonly string[] | undefined {
  if (typeof client === 'string' && clientName !== undefined) return ['CLIENT', client]
  return typeof provider === 'string' ? ['PROVIDER', provider] : undefined
}

/** A name that no other secret has: names of clients and providers may differ only in what a variable cannot have. */
function newVariable(parts: readonly string[], variables: Set<string>): string {
  const words = parts.join('_').replaceAll(/([a-z])([A-Z])/g, '$1_$2')
  const name = words.replaceAll(/\W+/g, '_').toUpperCase()
  let chosen = name
  for (let count = 2; variables.has(chosen); count++) chosen = `${name}_${count}`
  variables.add(chosen)
  return chosen
}

function markAll(value: Json): Json {
  if (Array.isArray(value)) return value.map(markAll)
  if (isSettings(value)) return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, markAll(entry)]))
  return typeof value === 'string' ? marked(value) : value
}

function marked(value: string): string {
  return /^(env|file|text):/.test(value) ? `text:${value}` : value
}

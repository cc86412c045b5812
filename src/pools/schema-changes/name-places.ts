import type { PoolExtensions } from '../extensions/pool-extensions.ts'

/** A setting that names attributes. */
export type PlaceKind =
  | 'CLIENT_READ_ATTRIBUTES'
  | 'CLIENT_WRITE_ATTRIBUTES'
  | 'CLIENT_LOCKED_ATTRIBUTES'
  | 'IDENTITY_PROVIDER_MAPPING'
  | 'IDENTITY_PROVIDER_MODE'
  | 'LOCKED_ATTRIBUTES'
  | 'TOKEN_CLAIM'

/** One use of an attribute's name. `value` is what a mapping or mode has for the attribute. */
export type NamePlace = {
  readonly kind: PlaceKind
  readonly attribute: string
  readonly client?: string
  readonly provider?: string
  readonly claim?: string
  readonly value?: string
}

/** The new name of an attribute. Undefined for one that is removed. */
export type NameMap = (name: string) => string | undefined

/** A setting with its names replaced, and the names that were in it. */
export type Replaced<Setting> = { readonly setting: Setting; readonly places: readonly NamePlace[] }

type ClientSettings = {
  readonly config: Readonly<Record<string, unknown>>
  readonly extensions: Readonly<Record<string, unknown>> | null
}

/** The stored settings of an app client under the new names. `restored` are names that an undo adds again. */
export function replaceInClient(
  client: string,
  { config, extensions }: ClientSettings,
  map: NameMap,
  restored: readonly NamePlace[],
): Replaced<ClientSettings> {
  const places: NamePlace[] = []
  const list = (kind: PlaceKind, names: unknown) => {
    const had = names as readonly string[]
    places.push(...had.map((attribute): NamePlace => ({ kind, attribute, client })))
    const added = restored.filter((place) => place.client === client && place.kind === kind).map(({ attribute }) => attribute)
    return [...new Set([...replaceNames(had, map), ...added])]
  }
  const { readAttributes, writeAttributes, ...rest } = config
  const selfService = extensions?.['selfService'] as { lockedAttributes?: readonly string[] } | undefined
  const locked = selfService?.lockedAttributes
  return {
    setting: {
      config: {
        ...rest,
        ...(readAttributes !== undefined && { readAttributes: list('CLIENT_READ_ATTRIBUTES', readAttributes) }),
        ...(writeAttributes !== undefined && { writeAttributes: list('CLIENT_WRITE_ATTRIBUTES', writeAttributes) }),
      },
      extensions:
        locked === undefined
          ? extensions
          : { ...extensions, selfService: { ...selfService, lockedAttributes: list('CLIENT_LOCKED_ATTRIBUTES', locked) } },
    },
    places,
  }
}

const replaceNames = (names: readonly string[], map: NameMap): readonly string[] => names.flatMap((name) => map(name) ?? [])

/** The attributes that an identity provider sets, or the modes of these, by new name. */
export function replaceKeys<Value extends string>(
  place: Pick<NamePlace, 'kind' | 'provider'>,
  values: Readonly<Record<string, Value>>,
  map: NameMap,
  restored: readonly NamePlace[],
): Replaced<Readonly<Record<string, Value>>> {
  const entries = Object.entries(values) as [string, Value][]
  const kept = entries.flatMap(([name, value]) => {
    const newName = map(name)
    return newName === undefined ? [] : [[newName, value] as const]
  })
  const added = restored
    .filter(({ kind, provider }) => kind === place.kind && provider === place.provider)
    .map(({ attribute, value }) => [attribute, value as Value] as const)
  return {
    setting: Object.fromEntries([...added, ...kept]) as Readonly<Record<string, Value>>,
    places: entries.map(([attribute, value]): NamePlace => ({ ...place, attribute, value })),
  }
}

type Extensions = PoolExtensions | undefined

/**
 * The extensions of the pool under the new names. A claim of a removed attribute stays: it is in no token, because no user has a value.
 */
export function replaceInExtensions(extensions: Extensions, map: NameMap, restored: readonly NamePlace[]): Replaced<Extensions> {
  if (extensions === undefined) return { setting: undefined, places: [] }
  const places: NamePlace[] = []
  let setting: PoolExtensions = extensions
  const { selfService, tokens, federation } = extensions
  if (selfService !== undefined) {
    const kind = 'LOCKED_ATTRIBUTES'
    places.push(...selfService.lockedAttributes.map((attribute): NamePlace => ({ kind, attribute })))
    const added = restored.filter((place) => place.kind === kind).map(({ attribute }) => attribute)
    const lockedAttributes = [...new Set([...replaceNames(selfService.lockedAttributes, map), ...added])]
    setting = { ...setting, selfService: { ...selfService, lockedAttributes } }
  }
  if (tokens !== undefined) {
    const claims = tokens.claims.map((rule) => {
      const { source } = rule
      if (source.kind !== 'attribute') return rule
      places.push({ kind: 'TOKEN_CLAIM', attribute: source.name, claim: rule.name })
      return { ...rule, source: { ...source, name: map(source.name) ?? source.name } }
    })
    setting = { ...setting, tokens: { ...tokens, claims } }
  }
  if (federation !== undefined) {
    const providers = Object.entries(federation.providers).map(([provider, settings]) => {
      const modes = replaceKeys({ kind: 'IDENTITY_PROVIDER_MODE', provider }, settings.attributeModes, map, restored)
      places.push(...modes.places)
      return [provider, { ...settings, attributeModes: modes.setting }] as const
    })
    setting = { ...setting, federation: { ...federation, providers: Object.fromEntries(providers) } }
  }
  return { setting, places }
}

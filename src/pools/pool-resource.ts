/** A kind of resource. `Config` is what such a resource holds besides id and times. JSON must be able to hold a `Config` without loss. */
export type ResourceKind<Config> = { readonly name: string; readonly holds?: Config }

/** A part of a pool's configuration that has an id of its own. Times are epoch milliseconds. */
export type PoolResource<Config> = {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly config: Config
}

/** Makes a kind. `name` is stored with every resource of the kind, so it must be unique among the kinds and must never change. */
export function resourceKind<Config>(name: string): ResourceKind<Config> {
  return { name }
}

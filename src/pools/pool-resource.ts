/** A kind of resource. `Config` is the content of its resources besides id and times; it must survive JSON. */
export type ResourceKind<Config> = { readonly name: string; readonly holds?: Config }

/** A part of a pool's configuration that has an id of its own. Times are epoch milliseconds. */
export type PoolResource<Config> = {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly config: Config
}

/** `name` is stored with every resource, so it must be unique among the kinds and never change. */
export function resourceKind<Config>(name: string): ResourceKind<Config> {
  return { name }
}

/** A kind of configuration record; `Config` is what its records hold besides id and times, as JSON can carry it. */
export type ResourceKind<Config> = { readonly name: string; readonly holds?: Config }

/** A record that configures a pool and has a name of its own there. Times in epoch milliseconds. */
export type PoolResource<Config> = {
  readonly id: string
  readonly createdAt: number
  readonly updatedAt: number
  readonly config: Config
}

/** `name` is stored with every record: it is unique among the kinds and never changes. */
export function resourceKind<Config>(name: string): ResourceKind<Config> {
  return { name }
}

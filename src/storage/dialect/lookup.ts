import type { CompiledQuery } from 'kysely'

type Lookup<Row> = CompiledQuery<Row> & { readonly isLookup?: true }

/** Marks a `select` that finds few rows by a key and waits for no lock: on PostgreSQL it may run on the connection of all look-ups. */
export function asLookup<Row>(query: CompiledQuery<Row>): CompiledQuery<Row> {
  const lookup: Lookup<Row> = { ...query, isLookup: true }
  return lookup
}

export function isLookup(query: CompiledQuery): boolean {
  return (query as Lookup<unknown>).isLookup === true
}

import type { Secrets } from '../../../base/secrets.ts'
import type { ProviderType } from '../../../pools/identity-providers/identity-provider.ts'
import type { Pool } from '../../../pools/pool.ts'
import type { Quotas } from '../../../pools/quotas.ts'
import type { RecordFormat, RecordOptions } from './record-format.ts'

/** What the records of a chunk are checked against. */
export type RecordContext = {
  readonly pool: Pool
  readonly format: RecordFormat
  readonly options: RecordOptions
  readonly secrets: Secrets
  readonly quotas: Quotas
  readonly now: number
  /** The types of those of the records' identity providers that the pool has. */
  readonly providers: ReadonlyMap<string, ProviderType>
  /** The relying party of the pool's passkeys; undefined when the pool can have none. */
  readonly relyingPartyId: string | undefined
}

/** The form of every `sub`: a UUID in lower case. Users are found by a `sub` of this form only. */
export function isSub(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)
}

/** The pattern of usernames in the API. */
export const usernameShape = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u

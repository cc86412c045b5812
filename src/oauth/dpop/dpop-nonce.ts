import type { Clock } from '../../base/clock.ts'
import { minuteMs } from '../../base/durations.ts'
import type { Secrets } from '../../base/secrets.ts'
import { mannerOf, oauthOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'

type Deps = { readonly secrets: Secrets; readonly clock: Clock }

/** How long a nonce can be used. */
const lifetimeMs = 5 * minuteMs
/** How far the clocks of two servers may differ. */
const skewMs = minuteMs

/** Whether proofs need a nonce of the server (RFC 9449 §8). */
export const requiresNonces = (pool: Pool): boolean => mannerOf(pool) === 'STRICT' && oauthOf(pool).requireDpopNonces === true

/**
 * A nonce for proofs in the pool. It is the sealed time of its issue, so nothing is stored, and each server of an installation knows the
 * nonces of the others. It may be used for several proofs: each of them works once anyway.
 */
export const newNonce = ({ secrets, clock }: Deps, { id }: Pool): string => secrets.seal('dpop-nonce', String(clock.now()), id)

/** Whether the claim `nonce` of a proof is a nonce that this pool gave in the last minutes. */
export function isValidNonce({ secrets, clock }: Deps, { id }: Pool, nonce: unknown): boolean {
  const opened = typeof nonce === 'string' ? secrets.open('dpop-nonce', nonce, id) : undefined
  if (opened === undefined) return false
  const age = clock.now() - Number(opened.toString())
  return age >= -skewMs && age < lifetimeMs
}

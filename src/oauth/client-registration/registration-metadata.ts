import { clientRegistrationOf, mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'

type Where = { readonly pool: Pool; readonly base: string; readonly mainBase: string }

/**
 * The member of the discovery document (RFC 8414 §2), in pools whose clients may register themselves. On the main host the path has to name
 * the pool.
 */
export function registrationMetadata({ pool, base, mainBase }: Where): { readonly registration_endpoint?: string } {
  if (mannerOf(pool) !== 'STRICT' || clientRegistrationOf(pool).mode === 'OFF') return {}
  return { registration_endpoint: base === mainBase ? `${base}/${pool.id}/oauth2/register` : `${base}/oauth2/register` }
}

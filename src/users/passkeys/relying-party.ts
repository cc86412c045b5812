import { findDomainsOfPool } from '../../pools/domains/pool-domain-repository.ts'
import { isRelyingPartyId } from '../../pools/mfa/relying-party-id.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'

/** The relying party of a pool's passkeys (Web Authentication §4). */
export type RelyingParty = {
  /** A domain. The passkeys work on its pages and on those of its subdomains. */
  readonly id: string
  /** Whether a page of this origin may use the passkeys. */
  allowsOrigin(origin: string): boolean
}

type Deps = { readonly db: Db; readonly publicUrl: string }

/**
 * The relying party in the pool's settings; else the pool's domain, a custom one first, as at Cognito; else the host name of this server.
 * Undefined when passkeys cannot be bound to that host, such as an IP address.
 */
export async function findRelyingParty({ db, publicUrl }: Deps, pool: Pool): Promise<RelyingParty | undefined> {
  const { hostname } = new URL(publicUrl)
  const id = pool.webAuthn?.relyingPartyId ?? (await domainOf(db, pool.id, hostname)) ?? hostname
  return isRelyingPartyId(id) ? { id, allowsOrigin: (origin) => isOriginOf(id, origin, publicUrl) } : undefined
}

async function domainOf(db: Db, poolId: string, hostname: string): Promise<string | undefined> {
  const domains = await findDomainsOfPool(db, poolId)
  const custom = domains.find((domain) => domain.custom !== undefined)
  if (custom !== undefined) return custom.domain
  const [prefix] = domains
  return prefix && `${prefix.domain}.auth.${hostname}`
}

/** The origin of an Android app: the hash of the certificate that signed it. */
const androidApp = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/

/**
 * Whether pages of the origin may use the passkeys of the relying party:
 * - over TLS: pages of the relying party's domain and of its subdomains, on any port. Browsers offer the passkeys there.
 * - without TLS: pages of that domain on `localhost`, which browsers trust, and of this server, if its public URL is without TLS.
 * - every Android app: Android offers a domain's passkeys only to the apps that the domain names in its asset links.
 */
function isOriginOf(relyingPartyId: string, origin: string, publicUrl: string): boolean {
  if (androidApp.test(origin)) return true
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  // Browsers write an origin without a path and in one spelling only. A text that differs from it does not come from a browser.
  if (url.origin !== origin) return false
  if (url.hostname !== relyingPartyId && !url.hostname.endsWith(`.${relyingPartyId}`)) return false
  if (url.protocol === 'https:') return true
  const isLocal = url.hostname === 'localhost' || url.hostname.endsWith('.localhost')
  return url.protocol === 'http:' && (isLocal || origin === new URL(publicUrl).origin)
}

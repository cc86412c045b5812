import { findDomainsOfPool } from '../../pools/domains/pool-domain-repository.ts'
import { isRelyingPartyId } from '../../pools/mfa/relying-party-id.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'

/** To whom a pool's passkeys belong (Web Authentication §4). */
export type RelyingParty = {
  /** A domain. Passkeys work on its pages and on those of its subdomains. */
  readonly id: string
  /** Whether a page of this origin may use the passkeys. */
  allowsOrigin(origin: string): boolean
}

type Deps = { readonly db: Db; readonly publicUrl: string }

/**
 * What the pool says it is; else its own domain, the custom one first, as at Cognito; else the name of this server. Undefined where even
 * that is none that a passkey could be bound to, such as an IP address.
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

/** What an Android app gives for an origin: the hash of the certificate that it is signed with. */
const androidApp = /^android:apk-key-hash:[A-Za-z0-9_-]{43}$/

/**
 * Pages served over TLS from the relying party's domain or below, on any port, since that is where browsers offer its passkeys. Without
 * TLS only what browsers trust without it (`localhost`), and this server's own pages where it was told to do without. Android offers a
 * domain's passkeys only to the apps that the domain names in its asset links, so which app it was has been settled there.
 */
function isOriginOf(relyingPartyId: string, origin: string, publicUrl: string): boolean {
  if (androidApp.test(origin)) return true
  if (!URL.canParse(origin)) return false
  const url = new URL(origin)
  // Browsers write an origin without a path, in one form only.
  if (url.origin !== origin) return false
  if (url.hostname !== relyingPartyId && !url.hostname.endsWith(`.${relyingPartyId}`)) return false
  if (url.protocol === 'https:') return true
  const isLocal = url.hostname === 'localhost' || url.hostname.endsWith('.localhost')
  return url.protocol === 'http:' && (isLocal || origin === new URL(publicUrl).origin)
}

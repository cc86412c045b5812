import type { AppClient } from '../pools/app-client.ts'
import { endpointBaseOfDomain } from '../pools/domains/endpoint-base.ts'
import type { PoolDomain } from '../pools/domains/pool-domain.ts'
import type { Pool } from '../pools/pool.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'

/**
 * The host that a request names.
 *
 * - `main`: the server's own host, or a host that no pool has as its domain, such as the address behind a proxy. The app client names the
 *   pool.
 * - `domain`: a domain of one pool. Only app clients of this pool exist there.
 * - `unknown`: a prefix that no pool has. No app client exists there.
 */
export type RequestHost = { readonly kind: 'main' | 'unknown' } | { readonly kind: 'domain'; readonly domain: PoolDomain }

export type HostDeps = { readonly pools: PoolCatalog; readonly publicUrl: string }

const mainHost: RequestHost = { kind: 'main' }
const unknownHost: RequestHost = { kind: 'unknown' }

/** The longest DNS name. A longer text is not looked up. */
const longestName = 253

/** Finds what the Host header names: the server itself, `<prefix>.auth.<host of the server>`, or a custom domain. */
export async function findRequestHost({ pools, publicUrl }: HostDeps, header: string | undefined): Promise<RequestHost> {
  const name = hostNameIn(header)
  const main = new URL(publicUrl).hostname
  if (name === main || name.length > longestName) return mainHost
  const suffix = `.auth.${main}`
  if (name.endsWith(suffix)) {
    const prefix = name.slice(0, -suffix.length)
    const domain = isLabel(prefix) ? await pools.findDomain(prefix) : undefined
    return domain === undefined ? unknownHost : { kind: 'domain', domain }
  }
  // Without a dot it would be the prefix of another domain.
  const domain = isDottedName(name) ? await pools.findDomain(name) : undefined
  return domain === undefined ? mainHost : { kind: 'domain', domain }
}

/** Finds an app client that exists on this host. A client id is short, so a longer text is not looked up. */
export async function findClientOfHost(
  { pools }: Pick<HostDeps, 'pools'>,
  host: RequestHost,
  clientId: string,
): Promise<{ readonly pool: Pool; readonly client: AppClient } | undefined> {
  if (host.kind === 'unknown' || !/^[\w+]{1,128}$/.test(clientId)) return undefined
  const owner = await pools.findClient(clientId)
  return host.kind === 'domain' && owner?.pool.id !== host.domain.poolId ? undefined : owner
}

/** The address of the host that a browser visits. It comes from settings: the Host header of a request can be any text. */
export function endpointBaseOfHost(publicUrl: string, host: RequestHost): string {
  return endpointBaseOfDomain(publicUrl, host.kind === 'domain' ? host.domain : undefined)
}

/** The Host header in lower case, without its port. */
const hostNameIn = (header: string | undefined): string => (header ?? '').toLowerCase().replace(/:\d*$/, '')

const isLabel = (text: string): boolean => /^[a-z0-9-]{1,63}$/.test(text)
const isDottedName = (text: string): boolean => /^[a-z0-9.-]+\.[a-z0-9-]*[a-z][a-z0-9-]*$/.test(text)

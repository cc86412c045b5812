import { isLoopbackHost } from '../../loopback.ts'
import type { PoolDomain } from './pool-domain.ts'

/**
 * The address of the pool's endpoints: its custom domain, else its prefix domain, else the main host. All serve them. On a loopback host a
 * prefix domain is not named, because programs often cannot resolve names below `localhost`.
 */
export function endpointBaseOf(publicUrl: string, domains: readonly PoolDomain[]): string {
  const custom = domains.find((domain) => domain.custom !== undefined)
  const [prefix] = isLoopbackHost(new URL(publicUrl).hostname) ? [] : domains
  return endpointBaseOfDomain(publicUrl, custom ?? prefix)
}

/** All addresses of the pool's endpoints: those of its domains and of the main host. */
export function endpointBasesOf(publicUrl: string, domains: readonly PoolDomain[]): readonly string[] {
  return [undefined, ...domains].map((domain) => endpointBaseOfDomain(publicUrl, domain))
}

/** The address of the endpoints on the domain; on the main host if `domain` is undefined. */
export function endpointBaseOfDomain(publicUrl: string, domain: PoolDomain | undefined): string {
  const { protocol, hostname, port } = new URL(publicUrl)
  const host = domain === undefined ? hostname : hostOf(domain, hostname)
  return `${protocol}//${host}${port === '' ? '' : `:${port}`}`
}

const hostOf = ({ custom, domain }: PoolDomain, serverHost: string): string =>
  custom === undefined ? `${domain}.auth.${serverHost}` : domain

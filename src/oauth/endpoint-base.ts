import { isLoopbackHost } from '../loopback.ts'
import type { PoolDomain } from '../pools/domains/pool-domain.ts'
import type { RequestHost } from './request-host.ts'

/**
 * The address of the pool's endpoints: its custom domain, else its prefix domain, else the main host. All serve them. On a loopback host a
 * prefix domain is not named, because programs often cannot resolve names below `localhost`.
 */
export function endpointBaseOf(publicUrl: string, domains: readonly PoolDomain[]): string {
  const url = new URL(publicUrl)
  const custom = domains.find((domain) => domain.custom !== undefined)
  const [prefix] = isLoopbackHost(url.hostname) ? [] : domains
  const host = custom?.domain ?? (prefix && `${prefix.domain}.auth.${url.hostname}`) ?? url.hostname
  return `${url.protocol}//${host}${url.port === '' ? '' : `:${url.port}`}`
}

/** All addresses of the pool's endpoints: those of its domains and of the main host. */
export function endpointBasesOf(publicUrl: string, domains: readonly PoolDomain[]): readonly string[] {
  const { protocol, hostname, port } = new URL(publicUrl)
  const hosts = domains.map(({ custom, domain }) => (custom === undefined ? `${domain}.auth.${hostname}` : domain))
  return [hostname, ...hosts].map((host) => `${protocol}//${host}${port === '' ? '' : `:${port}`}`)
}

/** The address of the endpoints on the host that a request names. */
export function endpointBaseOfHost(publicUrl: string, host: RequestHost): string {
  const [main = '', ...own] = endpointBasesOf(publicUrl, host.kind === 'domain' ? [host.domain] : [])
  return own[0] ?? main
}

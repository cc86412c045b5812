import { isLoopbackHost } from '../loopback.ts'
import type { PoolDomain } from '../pools/domains/pool-domain.ts'
import type { RequestHost } from './request-host.ts'

/**
 * The address of the pool's endpoints: its custom domain, else its prefix domain, else the main host. All serve them. On a loopback host a
 * prefix domain is not named, because programs often cannot resolve names below `localhost`.
 */
export function endpointBaseOf(publicUrl: string, domains: readonly PoolDomain[]): string {
  const { hostname } = new URL(publicUrl)
  const custom = domains.find((domain) => domain.custom !== undefined)
  const [prefix] = isLoopbackHost(hostname) ? [] : domains
  const named = custom ?? prefix
  return baseOn(publicUrl, named && hostOf(named, hostname))
}

/** All addresses of the pool's endpoints: those of its domains and of the main host. */
export function endpointBasesOf(publicUrl: string, domains: readonly PoolDomain[]): readonly string[] {
  const { hostname } = new URL(publicUrl)
  return [hostname, ...domains.map((domain) => hostOf(domain, hostname))].map((host) => baseOn(publicUrl, host))
}

/** The address of the host that a browser visits. It comes from settings: the Host header of a request can be any text. */
export function endpointBaseOfHost(publicUrl: string, host: RequestHost): string {
  return baseOn(publicUrl, host.kind === 'domain' ? hostOf(host.domain, new URL(publicUrl).hostname) : undefined)
}

const hostOf = ({ custom, domain }: PoolDomain, serverHost: string): string =>
  custom === undefined ? `${domain}.auth.${serverHost}` : domain

function baseOn(publicUrl: string, host: string | undefined): string {
  const { protocol, hostname, port } = new URL(publicUrl)
  return `${protocol}//${host ?? hostname}${port === '' ? '' : `:${port}`}`
}

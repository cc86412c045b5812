import { isLoopbackHost } from '../loopback.ts'

/**
 * Whether a request names a host that is not loopback; such a request must be rejected. Otherwise a page that the developer visits could
 * let its own host name resolve to 127.0.0.1 (DNS rebinding). The page would then be of the same origin as this server, and
 * could read the inbox and call every operation.
 */
export function isForeignHost(header: string | undefined): boolean {
  return !isLoopbackHost(hostName(header))
}

export const foreignHostMessage = 'The development server answers on loopback host names only.'

/** The Host header without its port; an IPv6 address keeps its brackets (RFC 9110 §7.2). */
function hostName(header: string | undefined): string {
  return /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.exec(header ?? '')?.[1] ?? ''
}

/**
 * Whether a request has several Host headers. It must be rejected (RFC 9112 §3.2), since a proxy and the server could use different ones.
 */
export function hasSeveralHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    if (name?.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}

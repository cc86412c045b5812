import { isIP } from 'node:net'

/**
 * The address that a request comes from, or undefined when its connection is closed. Each trusted proxy appends the address of its client
 * to X-Forwarded-For. So as many entries at the end are true as there are trusted proxies; a client may have forged the entries before
 * them.
 */
export function clientAddress(peer: string | undefined, forwardedFor: readonly string[], trustedProxies: number): string | undefined {
  const entries = forwardedFor.flatMap((line) => line.split(','))
  const forwarded = trustedProxies === 0 ? undefined : entries[Math.max(0, entries.length - trustedProxies)]
  return addressIn(forwarded) ?? addressIn(peer)
}

/** Removes the port that some proxies add, and the `::ffff:` before IPv4 addresses on a socket that listens on IPv6. */
function addressIn(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? ''
  const host = /^\[([^\]]*)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
  const address = host.replace(/^::ffff:(?=[\d.]+$)/i, '')
  return isIP(address) === 0 ? undefined : address
}

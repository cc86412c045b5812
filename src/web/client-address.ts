import { isIP } from 'node:net'

/**
 * The address that a request comes from, or undefined when its connection is gone. Each of our own proxies adds the address of
 * whoever called it to the end of X-Forwarded-For, so that as many entries as there are proxies are true. What stands before them,
 * anybody may have made up.
 */
export function clientAddress(peer: string | undefined, forwardedFor: readonly string[], trustedProxies: number): string | undefined {
  const entries = forwardedFor.flatMap((line) => line.split(','))
  const told = trustedProxies === 0 ? undefined : entries[Math.max(0, entries.length - trustedProxies)]
  return addressIn(told) ?? addressIn(peer)
}

/** Some proxies add the port, and a socket that listens on IPv6 writes IPv4 addresses in its own way. */
function addressIn(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? ''
  const host = /^\[([^\]]*)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
  const address = host.replace(/^::ffff:(?=[\d.]+$)/i, '')
  return isIP(address) === 0 ? undefined : address
}

/** What one client has of the address space: an IPv4 address, or the /64 network of an IPv6 address, in one form only. */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !address.includes(':')) return address ?? 'unknown'
  const [before = '', after] = address.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after ? after.split(':') : []
  const zeros = after === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
  const groups = [...head, ...zeros, ...tail].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

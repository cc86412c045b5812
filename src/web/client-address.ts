import { readIpAddress } from '../base/ip-address.ts'

/**
 * The address that a request comes from, or undefined when its connection is closed. Each trusted proxy appends the address of its client
 * to X-Forwarded-For. So as many entries at the end are true as there are trusted proxies; a client may have forged the entries before
 * them.
 */
export function clientAddress(peer: string | undefined, forwardedFor: readonly string[], trustedProxies: number): string | undefined {
  const entries = forwardedFor.flatMap((line) => line.split(','))
  const forwarded = trustedProxies === 0 ? undefined : entries[Math.max(0, entries.length - trustedProxies)]
  return readIpAddress(forwarded) ?? readIpAddress(peer)
}

/** The network that one client usually controls, in a canonical form: an IPv4 address, or the /64 network of an IPv6 address. */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !address.includes(':')) return address ?? 'unknown'
  const [before = '', after] = address.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after ? after.split(':') : []
  const zeros = after === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0')
  const groups = [...head, ...zeros, ...tail].slice(0, 4)
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`
}

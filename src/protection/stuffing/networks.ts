import { plainAddress } from '../places/plain-address.ts'

/** A network from which sign-ins come. */
export type Network = {
  /** In CIDR notation, in one form only, such as `203.0.113.7/32` or `2001:db8:1::/48`. */
  readonly name: string
  /** `address`: what one subscriber has. `network`: what surrounds it, such as the addresses of one company or of one rented server. */
  readonly kind: 'address' | 'network'
}

/**
 * The networks that failures of an address count for: an IPv4 address and its /24, or the /64 and the /48 of an IPv6 address. Providers give
 * a subscriber a whole /64 at least, and often a /48 (RFC 6177). Empty when the text is no address.
 */
export function networksOf(ip: string | undefined): readonly Network[] {
  const address = ip === undefined ? undefined : plainAddress(ip)
  if (address === undefined) return []
  if (!address.includes(':')) {
    const surrounding = `${address.slice(0, address.lastIndexOf('.'))}.0/24`
    return [network(`${address}/32`, 'address'), network(surrounding, 'network')]
  }
  const groups = groupsOf(address)
  return [network(`${prefix(groups, 4)}/64`, 'address'), network(`${prefix(groups, 3)}/48`, 'network')]
}

const network = (name: string, kind: Network['kind']): Network => ({ name, kind })

/** The eight groups of an IPv6 address, as `plainAddress` writes it. */
function groupsOf(address: string): readonly string[] {
  const [before = '', after] = address.split('::')
  const head = before === '' ? [] : before.split(':')
  const tail = after ? after.split(':') : []
  return after === undefined ? head : [...head, ...Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0'), ...tail]
}

/** The first `count` groups, in the shortest form (RFC 5952). */
function prefix(groups: readonly string[], count: number): string {
  const text = `${groups.slice(0, count).join(':')}::`
  return plainAddress(text) ?? text
}

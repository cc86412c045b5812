import { BlockList, isIPv4 } from 'node:net'

/** IPv4 networks whose addresses do not belong to one host of the public Internet, from the IANA special-purpose registries. */
const special4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const

/**
 * IPv6 networks inside 2000::/3 (the only public range of IPv6) that are not public either. Teredo and 6to4 are among them, because they
 * forward to any IPv4 address.
 */
const special6 = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
] as const

/** Prefixes of IPv6 addresses that represent an IPv4 address: mapped (RFC 4291) and NAT64 (RFC 6052). */
const embedding = ['::ffff:', '64:ff9b::'] as const

const special = new BlockList()
const global6 = new BlockList()
global6.addSubnet('2000::', 3, 'ipv6')
for (const [network, prefix] of special6) special.addSubnet(network, prefix, 'ipv6')
for (const [network, prefix] of special4) special.addSubnet(network, prefix, 'ipv4')
for (const prefix6 of embedding) {
  global6.addSubnet(`${prefix6}0.0.0.0`, 96, 'ipv6')
  for (const [network, prefix] of special4) special.addSubnet(`${prefix6}${network}`, 96 + prefix, 'ipv6')
}

/**
 * Whether an IP address is one host of the public Internet, not this machine, its network, a cloud's metadata service or another special
 * address. Expects addresses as the resolver and the URL parser write them.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !special.check(address, 'ipv4')
  // Only link-local addresses have a scope (fe80::1%eth0).
  if (address.includes('%')) return false
  return global6.check(address, 'ipv6') && !special.check(address, 'ipv6')
}

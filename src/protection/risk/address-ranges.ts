import { BlockList, isIP } from 'node:net'
import { plainAddress } from '../places/plain-address.ts'

/**
 * Whether the address is in one of the ranges, which are in CIDR notation. An unknown address is in none. An IPv4-mapped IPv6 address, and a
 * range of such addresses, counts as IPv4: so `::/0` has no IPv4 address inside.
 */
export function isInRanges(ranges: readonly string[] | undefined, address: string | undefined): boolean {
  if (ranges === undefined || ranges.length === 0 || address === undefined) return false
  const plain = plainAddress(address)
  if (plain === undefined) return false
  const family = familyOf(plain)
  return listsOf(ranges)[family].check(plain, family)
}

type Lists = Readonly<Record<'ipv4' | 'ipv6', BlockList>>

const familyOf = (address: string): keyof Lists => (isIP(address) === 6 ? 'ipv6' : 'ipv4')

/** The lists of cached configurations. A configuration is an object that never changes. */
const listsByRanges = new WeakMap<readonly string[], Lists>()

function listsOf(ranges: readonly string[]): Lists {
  const known = listsByRanges.get(ranges)
  if (known !== undefined) return known
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() }
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/')
    const plain = plainAddress(network) ?? network
    const isMapped = familyOf(plain) !== familyOf(network) && Number(prefix) >= 96
    if (isMapped) lists.ipv4.addSubnet(plain, Number(prefix) - 96, 'ipv4')
    else lists[familyOf(network)].addSubnet(network, Number(prefix), familyOf(network))
  }
  listsByRanges.set(ranges, lists)
  return lists
}

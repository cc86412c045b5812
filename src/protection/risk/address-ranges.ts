import { BlockList, isIP } from 'node:net'

/** Whether the address is in one of the ranges, which are in CIDR notation. An unknown address is in none. */
export function isInRanges(ranges: readonly string[] | undefined, address: string | undefined): boolean {
  if (ranges === undefined || ranges.length === 0 || address === undefined || isIP(address) === 0) return false
  return listOf(ranges).check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** The lists of cached configurations. A configuration is an object that never changes. */
const lists = new WeakMap<readonly string[], BlockList>()

function listOf(ranges: readonly string[]): BlockList {
  let list = lists.get(ranges)
  if (list === undefined) {
    list = new BlockList()
    for (const range of ranges) {
      const [network = '', prefix] = range.split('/')
      list.addSubnet(network, Number(prefix), isIP(network) === 6 ? 'ipv6' : 'ipv4')
    }
    lists.set(ranges, list)
  }
  return list
}

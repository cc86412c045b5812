import { isIP } from 'node:net'
import { plainAddress } from './plain-address.ts'

/** Networks that hide where their users are, such as the exits of Tor or of a VPN. */
export type AnonymousNetworks = {
  readonly size: number
  /** Whether the list has the address, a network around it, or the autonomous system `network`. The address has its plain form. */
  has(address: string, network: string | undefined): boolean
}

/**
 * Reads a list of networks: an address, a CIDR block or an autonomous system (`AS64496`) a line. A `#` begins a comment.
 * @throws Error that names the first line of another form
 */
export function readAnonymousNetworks(text: string): AnonymousNetworks {
  const systems = new Set<string>()
  const sizes: BlocksOfSize[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const entry = line.replace(/#.*/, '').trim()
    if (entry === '') continue
    if (/^AS\d{1,10}$/i.test(entry)) systems.add(`AS${Number(entry.slice(2))}`)
    else if (!addBlock(sizes, entry)) {
      throw new Error(`Line ${index + 1} is no address, no CIDR block and no autonomous system such as AS64496: ${entry.slice(0, 50)}`)
    }
  }
  return {
    size: sizes.reduce((sum, { prefixes }) => sum + prefixes.size, systems.size),
    has(address, network) {
      if (network !== undefined && systems.has(network)) return true
      const { bits, value } = numberOf(address)
      return sizes.some((size) => size.bits === bits && size.prefixes.has(value >> BigInt(bits - size.length)))
    },
  }
}

/**
 * The first `length` bits of all blocks of this length, in IPv4 (32 bits) or IPv6 (128 bits). Few lengths occur, so a look-up takes few
 * steps.
 */
type BlocksOfSize = { readonly bits: number; readonly length: number; readonly prefixes: Set<bigint> }

/** False if the entry is no address and no CIDR block. */
function addBlock(sizes: BlocksOfSize[], entry: string): boolean {
  const [, written = '', suffix] = /^([\da-f.:]+)(?:\/(\d{1,3}))?$/i.exec(entry) ?? []
  const address = plainAddress(written)
  if (address === undefined) return false
  // An IPv4-mapped address becomes one of IPv4, for which the length of its block would be wrong.
  if (suffix !== undefined && isIP(address) !== isIP(written)) return false
  const { bits, value } = numberOf(address)
  const length = suffix === undefined ? bits : Number(suffix)
  if (length > bits) return false
  let size = sizes.find((one) => one.bits === bits && one.length === length)
  if (size === undefined) {
    size = { bits, length, prefixes: new Set() }
    sizes.push(size)
  }
  size.prefixes.add(value >> BigInt(bits - length))
  return true
}

/** A plain address as a number. */
function numberOf(address: string): { readonly bits: number; readonly value: bigint } {
  if (!address.includes(':')) return { bits: 32, value: address.split('.').reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n) }
  const [before = [], after = []] = address.split('::').map((half) => (half === '' ? [] : half.split(':')))
  const groups = [...before, ...Array<string>(8 - before.length - after.length).fill('0'), ...after]
  return { bits: 128, value: groups.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n) }
}

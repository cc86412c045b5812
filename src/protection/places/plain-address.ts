import { isIP, SocketAddress } from 'node:net'

/**
 * The one way to write the address: without a zone, IPv6 in its shortest form, and as IPv4 if it is an IPv4-mapped IPv6 address. Undefined
 * when `text` is no address.
 */
export function plainAddress(text: string): string | undefined {
  const address = text.includes('%') ? text.slice(0, text.indexOf('%')) : text
  const version = isIP(address)
  if (version !== 6) return version === 4 ? address : undefined
  const { address: shortest } = new SocketAddress({ address, family: 'ipv6' })
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(shortest)?.[1] ?? shortest
}

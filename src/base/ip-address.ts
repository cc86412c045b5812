import { isIP } from 'node:net'

/**
 * The IP address in a text that a proxy wrote. Removes the port that some proxies add, and the `::ffff:` before IPv4 addresses on a socket
 * that listens on IPv6. Undefined when the text holds no address.
 */
export function readIpAddress(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? ''
  const host = /^\[([^\]]*)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
  const address = host.replace(/^::ffff:(?=[\d.]+$)/i, '')
  return isIP(address) === 0 ? undefined : address
}

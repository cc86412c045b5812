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

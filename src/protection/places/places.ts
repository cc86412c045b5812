/** What is known of where an IP address is. What is not known is left out. */
export type Place = {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined
  readonly city?: string | undefined
  /** Latitude and longitude, in degrees. */
  readonly position?: readonly [latitude: number, longitude: number] | undefined
  /** The autonomous system that the address belongs to, such as `AS3320`. */
  readonly network?: string | undefined
  /** True if the address belongs to a network that hides where its users are, such as Tor. */
  readonly isAnonymous?: boolean | undefined
}

/** Knows where IP addresses are. */
export type Places = {
  /** The place of an IPv4 or IPv6 address. Empty for an undefined, invalid or private address, and for one that is in no database. */
  find(ip: string | undefined): Place
  close(): void
}

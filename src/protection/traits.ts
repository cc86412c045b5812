/**
 * What is known of where an action of a user comes from. It is stored with the auth event, and later sign-ins are compared with it. What is
 * not known is left out.
 */
export type Traits = {
  readonly ip?: string | undefined
  /** The autonomous system that the address belongs to, such as `AS3320`. */
  readonly network?: string | undefined
  /** ISO 3166-1 alpha-2. */
  readonly country?: string | undefined
  readonly city?: string | undefined
  /** Latitude and longitude of the place, in degrees. */
  readonly position?: readonly [latitude: number, longitude: number] | undefined
  /** Whether the address belongs to a network that hides where its users are, such as Tor. */
  readonly isAnonymous?: boolean | undefined
  /** A hash of the whole User-Agent. */
  readonly userAgent?: string | undefined
  /** With the version, such as `Chrome 126`. */
  readonly browser?: string | undefined
  /** With the version, such as `macOS 15`. */
  readonly system?: string | undefined
  readonly deviceKind?: string | undefined
  /** A hash of the id that the device gave itself in EncodedData. */
  readonly deviceId?: string | undefined
  /** The offset of the device's clock from UTC, such as `-07:00`. */
  readonly timezone?: string | undefined
  /** Whether EncodedData came along and could be read. */
  readonly hasContextData?: boolean | undefined
}

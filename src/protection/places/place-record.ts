import type { Place } from './places.ts'

/**
 * Reads a record of a database of places or networks. The members have other names at each maker: MaxMind and DB-IP nest them
 * (`country.iso_code`, `city.names.en`, `location.latitude`), IPinfo has a flat list of texts (`country`, `city`, `lat`, `asn`), and databases of
 * countries only have `country_code`.
 */
export function readPlace(record: unknown): Place {
  return {
    country: readCountryCode(at(record, 'country', 'iso_code') ?? at(record, 'country_code') ?? at(record, 'country')),
    city: readCity(at(record, 'city', 'names', 'en') ?? at(record, 'city')),
    position: readPosition(
      at(record, 'location', 'latitude') ?? at(record, 'latitude') ?? at(record, 'lat'),
      at(record, 'location', 'longitude') ?? at(record, 'longitude') ?? at(record, 'lng'),
    ),
    network: readNetwork(at(record, 'autonomous_system_number') ?? at(record, 'traits', 'autonomous_system_number') ?? at(record, 'asn')),
    isAnonymous: anonymousMembers.some((name) => isTrue(at(record, name)) || isTrue(at(record, 'traits', name))) || undefined,
  }
}

/** What hides a user's own address. Members of MaxMind and DB-IP have long names, those of IPinfo short ones. */
const anonymousMembers = [
  'is_anonymous',
  'is_anonymous_proxy',
  'is_anonymous_vpn',
  'is_public_proxy',
  'is_residential_proxy',
  'is_tor_exit_node',
  'vpn',
  'proxy',
  'tor',
  'relay',
]

const isTrue = (value: unknown): boolean => value === true || value === 'true'

/** The value at the end of a path of members. */
function at(record: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (value, name) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined),
    record,
  )
}

/** The code in upper case, if it is one of ISO 3166-1 alpha-2 by its form. */
function readCountryCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z]{2}$/i.test(value) ? value.toUpperCase() : undefined
}

const longestCity = 100

function readCity(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.slice(0, longestCity) : undefined
}

function readPosition(latitude: unknown, longitude: unknown): Place['position'] {
  const [north, east] = [latitude, longitude].map((value) => (value === '' || value === undefined ? Number.NaN : Number(value)))
  if (north === undefined || east === undefined || !(Math.abs(north) <= 90) || !(Math.abs(east) <= 180)) return undefined
  return [north, east]
}

function readNetwork(value: unknown): string | undefined {
  const [, number] = /^(?:AS)?(\d{1,10})$/i.exec(String(value)) ?? []
  return number === undefined || Number(number) === 0 ? undefined : `AS${Number(number)}`
}

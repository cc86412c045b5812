import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Reader, type Response } from 'maxmind'

type CountryRecord = { readonly country_code?: unknown }

/**
 * The countries of IPv4 and IPv6 addresses, by the database that comes with Lifeguard. The file is read at the first need, and takes 8 MB of
 * memory from then on.
 */
export function createCountryDatabase(): (ip: string) => string | undefined {
  let reader: Reader<Response> | undefined
  return (ip) => {
    reader ??= new Reader<Response>(readFileSync(databasePath()))
    const record = reader.get(ip) as CountryRecord | null
    return readCountryCode(record?.country_code)
  }
}

/** The code in upper case, if it is one of ISO 3166-1 alpha-2 by its form. */
export function readCountryCode(value: unknown): string | undefined {
  return typeof value === 'string' && /^[a-z]{2}$/i.test(value) ? value.toUpperCase() : undefined
}

const databasePath = () => fileURLToPath(import.meta.resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'))

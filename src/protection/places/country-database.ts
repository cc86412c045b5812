import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type PlaceDatabase, readPlaceDatabase } from './place-database.ts'

/**
 * The countries of IPv4 and IPv6 addresses, by the database that comes with Lifeguard. The file is read at the first need, and takes 8 MB of
 * memory from then on.
 */
export function createCountryDatabase(): Pick<PlaceDatabase, 'find'> {
  let database: PlaceDatabase | undefined
  return {
    find(address) {
      database ??= readPlaceDatabase(readFileSync(databasePath()))
      return database.find(address)
    },
  }
}

const databasePath = () => fileURLToPath(import.meta.resolve('@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb'))

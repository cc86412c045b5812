import { createCountryDatabase } from './country-database.ts'
import type { Place, Places } from './places.ts'
import { plainAddress } from './plain-address.ts'

/** Opens the databases that say where IP addresses are. */
export function openPlaces(): Places {
  const countryOf = createCountryDatabase()
  return {
    find(ip) {
      const address = ip === undefined ? undefined : plainAddress(ip)
      return address === undefined ? nowhere : { country: countryOf(address) }
    },
    close() {},
  }
}

const nowhere: Place = {}

import type { Logger } from '../../base/logger.ts'
import { type WatchedFile, watchFile } from '../../base/watched-file.ts'
import { type Settings, SettingsError } from '../../settings.ts'
import { type AnonymousNetworks, readAnonymousNetworks } from './anonymous-networks.ts'
import { createCountryDatabase } from './country-database.ts'
import { readPlaceDatabase } from './place-database.ts'
import type { Place, Places } from './places.ts'
import { plainAddress } from './plain-address.ts'

type Options = { readonly settings: PlaceSettings; readonly logger: Logger }

export type PlaceSettings = Pick<Settings, 'geoDatabase' | 'anonymousNetworks'>

/**
 * Opens the files that say where IP addresses are. What a file does not know is looked up in the next one, and last in the database of
 * countries that comes with Lifeguard.
 * @throws SettingsError when a file cannot be read
 */
export async function openPlaces({ settings, logger }: Options): Promise<Places> {
  const databases = await openFiles(placeFilesOf(settings).databases, '--geo-database', readPlaceDatabase, logger)
  const lists = await openFiles(placeFilesOf(settings).lists, '--anonymous-networks', readNetworkList, logger)
  const countries = createCountryDatabase()
  return {
    find(ip) {
      const address = ip === undefined ? undefined : plainAddress(ip)
      if (address === undefined) return {}
      const place = databases.reduce<Place>((found, { content }) => withMore(found, content().find(address)), {})
      const isListed = lists.some(({ content }) => content().has(address, place.network))
      const country = place.country ?? countries.find(address).country
      return { ...place, country, isAnonymous: isListed || place.isAnonymous }
    },
    close() {
      for (const file of [...databases, ...lists]) file.close()
    },
  }
}

/** The files that the settings name, each list in the order in which it is asked. */
export function placeFilesOf({ geoDatabase, anonymousNetworks }: PlaceSettings) {
  const databases = geoDatabase?.split(',').map((path) => path.trim()) ?? []
  return { databases, lists: anonymousNetworks === undefined ? [] : [anonymousNetworks] }
}

export const readNetworkList = (bytes: Buffer): AnonymousNetworks => readAnonymousNetworks(bytes.toString())

/** @throws SettingsError when a file cannot be read */
function openFiles<T>(
  paths: readonly string[],
  setting: string,
  read: (bytes: Buffer) => T,
  logger: Logger,
): Promise<readonly WatchedFile<T>[]> {
  return Promise.all(
    paths.map(async (path) => {
      try {
        return await watchFile({ path, setting, read, logger })
      } catch (error) {
        throw unreadable(setting, path, error)
      }
    }),
  )
}

export function unreadable(setting: string, path: string, error: unknown): SettingsError {
  const { code, message } = error as NodeJS.ErrnoException
  return new SettingsError(`${setting}: ${path} cannot be read${code === undefined ? `. ${message}` : ` (${code}).`}`)
}

/** The place, completed by what another database knows. Position and city belong together. */
function withMore(found: Place, more: Place): Place {
  const isPlaced = found.city !== undefined || found.position !== undefined
  return {
    country: found.country ?? more.country,
    city: isPlaced ? found.city : more.city,
    position: isPlaced ? found.position : more.position,
    network: found.network ?? more.network,
    isAnonymous: found.isAnonymous ?? more.isAnonymous,
  }
}

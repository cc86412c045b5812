import type { Traits } from '../../src/protection/traits.ts'
import type { Random } from './random.ts'

/** A country of the generated world, with its share of the users and its networks. */
type Country = {
  readonly code: string
  /** The networks that people are in, the largest first. */
  readonly networks: readonly string[]
  /** The networks of hosting providers, which VPNs and most attackers use. */
  readonly hosting: readonly string[]
}

export type Person = {
  readonly country: Country
  /** Networks of home, work and phone, with the addresses that the person has there. */
  readonly places: readonly Place[]
  readonly browsers: readonly Browser[]
  readonly signIns: number
}

type Place = { readonly network: string; readonly isMobile: boolean; readonly ip: string }
type Browser = { readonly family: Family; readonly system: string; readonly deviceKind: string; readonly lag: number }
type Family = { readonly name: string; readonly firstVersion: number; readonly daysOfVersion: number }

const families: readonly (readonly [Family, number])[] = [
  [{ name: 'Chrome', firstVersion: 110, daysOfVersion: 28 }, 0.62],
  [{ name: 'Safari', firstVersion: 16, daysOfVersion: 120 }, 0.2],
  [{ name: 'Firefox', firstVersion: 110, daysOfVersion: 28 }, 0.08],
  [{ name: 'Edge', firstVersion: 110, daysOfVersion: 28 }, 0.1],
]

const systems: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  Chrome: [
    ['Windows 10', 0.5],
    ['Android 14', 0.3],
    ['macOS 15', 0.15],
    ['Linux', 0.05],
  ],
  Safari: [
    ['iOS 18', 0.7],
    ['macOS 15', 0.3],
  ],
  Firefox: [
    ['Windows 10', 0.6],
    ['Linux', 0.25],
    ['macOS 15', 0.15],
  ],
  Edge: [['Windows 10', 1]],
}

const isPhone = (system: string): boolean => /Android|iOS/.test(system)

/** Countries with shares that fall as Zipf's law says, each with networks of such shares. The service has most of its users in one. */
export function createCountries(): readonly Country[] {
  return Array.from({ length: 60 }, (_, country) => ({
    code: `C${country}`,
    networks: Array.from({ length: 40 }, (_, network) => `AS${country * 1000 + network}`),
    hosting: Array.from({ length: 40 }, (_, network) => `AS${country * 1000 + 500 + network}`),
  }))
}

export function createPerson(random: Random, countries: readonly Country[]): Person {
  const country = random.zipf(countries, 1.6)
  const places = Array.from({ length: 1 + random.integer(3) }, (_, index) => {
    const network = random.zipf(country.networks, 1.1)
    return { network, isMobile: index > 0 && random.chance(0.5), ip: newAddress(random, network) }
  })
  const browsers = Array.from({ length: 1 + random.integer(2) }, () => createBrowser(random))
  // The median is 12 in a year, as in the published data, with a long tail.
  const signIns = Math.min(400, Math.max(2, Math.round(12 * Math.exp(random.normal() * 1.1))))
  return { country, places, browsers, signIns }
}

function createBrowser(random: Random): Browser {
  const family = random.weighted(families)
  const system = random.weighted(systems[family.name] ?? [])
  return { family, system, deviceKind: isPhone(system) ? 'mobile' : 'desktop', lag: random.integer(10) }
}

const newAddress = (random: Random, network: string): string => `${network}.${random.integer(60_000)}`

/** A sign-in of the person: mostly from a usual place, sometimes from elsewhere at home, seldom from abroad. */
export function signInOf(random: Random, person: Person, countries: readonly Country[], day: number): Traits {
  return { ...addressOf(random, person, countries), ...browserAt(random, random.choose(person.browsers), day) }
}

function addressOf(random: Random, { country, places }: Person, countries: readonly Country[]): Traits {
  if (random.chance(0.01)) return addressIn(random, random.choose(countries))
  if (random.chance(0.04)) return addressIn(random, country)
  const place = random.zipf(places, 1)
  // Phones get another address of their network each time, and lines at home now and then.
  const ip = place.isMobile || random.chance(0.08) ? newAddress(random, place.network) : place.ip
  return { ip, network: place.network, country: country.code }
}

function addressIn(random: Random, country: Country): Traits {
  const network = random.zipf(country.networks, 1.1)
  return { ip: newAddress(random, network), network, country: country.code }
}

/** An address of a hosting provider; of a line at a home only now and then, because such proxies are dear and few. */
export function attackerAddressIn(random: Random, country: Country, shareOfHomes: number): Traits {
  if (random.chance(shareOfHomes)) return addressIn(random, country)
  const network = random.zipf(country.hosting, 1.1)
  return { ip: newAddress(random, network), network, country: country.code }
}

/** The browser with the version of that day; each updates some days after the release. */
export function browserAt(random: Random, { family, system, deviceKind, lag }: Browser, day: number): Traits {
  const version = family.firstVersion + Math.max(0, Math.floor((day - lag) / family.daysOfVersion))
  // Some browsers tell more in their User-Agent, such as the model of a phone.
  const detail = isPhone(system) ? random.detailOf(`${family.name} ${system} ${lag}`) : ''
  const browser = `${family.name} ${version}`
  return { userAgent: `${browser} ${system} ${detail}`, browser, system, deviceKind }
}

/** A browser as the most people have it. */
export const commonBrowser = (random: Random, day: number): Traits => browserAt(random, createBrowser(random), day)

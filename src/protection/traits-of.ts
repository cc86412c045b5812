import type { Places } from './places/places.ts'
import { plainAddress } from './places/plain-address.ts'
import type { Traits } from './traits.ts'
import { readUserAgent } from './user-agent.ts'
import type { UserContext } from './user-context.ts'

/** What is known of where a request comes from. Takes some microseconds. */
export function traitsOf(places: Pick<Places, 'find'>, { ip, userAgent, device }: UserContext): Traits {
  const { browser, system, deviceKind, hash } = readUserAgent(userAgent) ?? {}
  const { deviceId, timezone } = device ?? {}
  const deviceTraits = device && { deviceId, timezone, hasContextData: true }
  return { ip: ip && (plainAddress(ip) ?? ip), ...places.find(ip), userAgent: hash, browser, system, deviceKind, ...deviceTraits }
}

const regionNames = new Intl.DisplayNames('en', { type: 'region' })

/** The English name of the country of `traits`, such as `Germany`. */
export const countryNameOf = ({ country }: Traits): string | undefined => country && (regionNames.of(country) ?? country)

/** The name of the client in events, such as `Chrome 126, Windows 10`, or `Other, Other` when its User-Agent does not say. */
export const deviceNameOf = ({ browser = 'Other', system = 'Other' }: Traits): string => `${browser}, ${system}`

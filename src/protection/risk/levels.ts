import type { Traits } from '../traits.ts'

/** A level of a feature: how finely a value of the feature is looked at. */
export type Level = 'ip' | 'network' | 'country' | 'userAgent' | 'browser' | 'system' | 'deviceKind'

export type Feature = {
  readonly name: 'address' | 'browser'
  /**
   * The levels, from fine to coarse, each with its weight, and the share of the attackers who have the user's own value because they know
   * it. The weights add up to 1.
   */
  readonly levels: readonly (readonly [level: Level, weight: number, known: number])[]
}

/**
 * The features and weights of Wiefling et al. (ACM TOPS 2022, doi 10.1145/3546069), who optimized them on 31 million sign-ins. The shares
 * of attackers are estimates: any attacker can copy the browser and choose the country, but hardly any is in the user's own network.
 */
export const features: readonly Feature[] = [
  {
    name: 'address',
    levels: [
      ['ip', 0.6, 0.001],
      ['network', 0.3, 0.02],
      ['country', 0.1, 0.5],
    ],
  },
  {
    name: 'browser',
    levels: [
      ['userAgent', 0.5387, 0.5],
      ['browser', 0.268, 0.5],
      ['system', 0.1882, 0.5],
      ['deviceKind', 0.0051, 0.5],
    ],
  },
]

export const levels: readonly Level[] = features.flatMap((feature) => feature.levels.map(([level]) => level))

/** What is not known is a value as well: a user whose app never tells is usual without it. */
export function levelValue(traits: Traits, level: Level): string {
  if (level === 'network' && traits.network === undefined) return prefixOf(traits.ip ?? '')
  return traits[level] ?? ''
}

/** Takes the place of the autonomous system where no database of them is there: the first 16 bits of an IPv4 address, or 32 of IPv6. */
function prefixOf(ip: string): string {
  const separator = ip.includes(':') ? ':' : '.'
  return ip.split(separator, 2).join(separator)
}

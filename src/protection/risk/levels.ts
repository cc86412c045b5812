import type { Traits } from '../traits.ts'

/** A level of a feature: how finely a value of the feature is looked at. */
export type Level = 'ip' | 'network' | 'country' | 'userAgent' | 'browser' | 'system' | 'deviceKind'

export type Feature = {
  readonly name: 'address' | 'browser'
  /** The levels, from fine to coarse, each with its weight. The weights add up to 1. */
  readonly levels: readonly (readonly [level: Level, weight: number])[]
}

/** The features and weights of Wiefling et al. (ACM TOPS 2022, doi 10.1145/3546069), who optimized them on 31 million sign-ins. */
export const features: readonly Feature[] = [
  {
    name: 'address',
    levels: [
      ['ip', 0.6],
      ['network', 0.3],
      ['country', 0.1],
    ],
  },
  {
    name: 'browser',
    levels: [
      ['userAgent', 0.5387],
      ['browser', 0.268],
      ['system', 0.1882],
      ['deviceKind', 0.0051],
    ],
  },
]

export const levels: readonly Level[] = features.flatMap((feature) => feature.levels.map(([level]) => level))

/** What is not known is a value as well: a user whose app never tells is usual without it. */
export const levelValue = (traits: Traits, level: Level): string => traits[level] ?? ''

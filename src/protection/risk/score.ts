import type { Traits } from '../traits.ts'
import type { RiskReason } from './assessment.ts'
import { type Feature, features, type Level, levelValue } from './levels.ts'

/** How often the sign-ins of a pool had a value. Approximate counts do. */
export type World = {
  /** The number of sign-ins. */
  readonly signIns: number
  /** The number of users who signed in. */
  readonly users: number
  count(level: Level, value: string): number
}

/** The traits of a user's earlier sign-ins. */
export type History = readonly Traits[]

/**
 * How suspicious a sign-in is, by the model of Freeman et al. (NDSS 2016, doi 10.14722/ndss.2016.23240): the product over the features of
 *
 *     p(value | attackers) / p(value | this user)   ×   p(user | attack) / p(user | legitimate)
 *
 * in points: ten times the decimal logarithm. Attackers have the values of all users, and some have the user's own, because they know it.
 * What is rare for the user and common in the world raises the score. What is usual for the user lowers it, most of all where it is rare in
 * the world. Undefined without a history: then nothing can be said.
 */
export function scoreOf(traits: Traits, history: History, world: World): readonly RiskReason[] | undefined {
  if (history.length === 0) return undefined
  return [
    ...features.map((feature) => ({ name: feature.name, points: -toPoints(liftOf(feature, traits, history, world)) })),
    { name: 'activity', points: toPoints(priorOf(history, world)) },
  ]
}

/** Tenths of a point are enough, and keep the stored reasons short. */
const toPoints = (ratio: number): number => Math.round(100 * Math.log10(ratio)) / 10

/**
 * p(value | this user) / p(value | attackers).
 *
 * A value that the user never had is not impossible. Its probability is that of its coarser levels, such as the network of the address,
 * times that of the value among all sign-ins there (the interpolation of Freeman et al.). In the ratio that last factor cancels out. So the
 * ratio is the weighted sum of the ratios at each level. With one value assumed that the user has not shown yet, a share of 1 / (N + 1)
 * stays for it, in which the user is like everybody.
 */
function liftOf({ levels }: Feature, traits: Traits, history: History, world: World): number {
  const unseen = 1 / (history.length + 1)
  let lift = 0
  for (const [level, weight, known] of levels) {
    const value = levelValue(traits, level)
    const own = history.filter((earlier) => levelValue(earlier, level) === value).length
    if (own === 0) continue
    const ofUser = own / history.length
    const ofAttackers = known * ofUser + (1 - known) * shareOf(level, value, own, world)
    lift += (weight * ofUser) / ofAttackers
  }
  return (1 - unseen) * lift + unseen
}

/**
 * How many sign-ins a pool is assumed to have had at least. In a young pool, the values of its few users are not those of the world: the
 * address of a user who is alone there is still one that hardly any attacker has.
 */
const fewestSignIns = 1000

/** The share of all sign-ins that had the value. The counts are approximate, but the user's own sign-ins are among them. */
function shareOf(level: Level, value: string, own: number, world: World): number {
  return Math.max(world.count(level, value), own) / Math.max(world.signIns, fewestSignIns)
}

/**
 * p(user | attack) / p(user | legitimate): an attacker chooses any user, and a user who signs in often is there often. Bounded, because a
 * history is cut off.
 */
function priorOf(history: History, { signIns, users }: World): number {
  const averageHistory = Math.max(signIns, history.length) / Math.max(users, 1)
  return Math.min(Math.max(averageHistory / history.length, 0.1), 10)
}

import type { RiskThresholds } from '../../pools/extensions/threat-protection-extension.ts'
import type { Traits } from '../traits.ts'
import type { RiskLevel, RiskReason } from './assessment.ts'
import { levelOf } from './risk-level.ts'
import { scoreOf, type World } from './score.ts'
import { type EarlierSignIn, signalsOf } from './signals.ts'

export type Computed = {
  readonly points: number | undefined
  readonly level: RiskLevel | undefined
  readonly reasons: readonly RiskReason[]
}

type Attempt = {
  readonly traits: Traits
  /** The latest first. */
  readonly history: readonly EarlierSignIn[]
  readonly world: World
  readonly thresholds: RiskThresholds
  /** What else is known, such as the reputation of the address. */
  readonly others: readonly RiskReason[]
  readonly now: number
}

/** Computes the risk of a sign-in. It reads and changes nothing. */
export function computeRisk({ traits, history, world, thresholds, others, now }: Attempt): Computed {
  const traitsOfHistory = history.map((earlier) => earlier.traits)
  const score = scoreOf(traits, traitsOfHistory, world)
  if (score === undefined) return { points: undefined, level: undefined, reasons: [{ name: 'no-history', points: 0 }] }
  const reasons = [...score, ...signalsOf(traits, history, now), ...others.filter(({ points }) => points !== 0)]
  const points = Math.round(10 * reasons.reduce((sum, reason) => sum + reason.points, 0)) / 10
  return { points, level: levelOf(points, thresholds), reasons }
}

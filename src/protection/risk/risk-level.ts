import type { RiskThresholds } from '../../pools/extensions/threat-protection-extension.ts'
import type { RiskLevel } from './assessment.ts'

export function levelOf(points: number | undefined, { low, medium, high }: RiskThresholds): RiskLevel | undefined {
  if (points === undefined || points < low) return undefined
  if (points < medium) return 'Low'
  return points < high ? 'Medium' : 'High'
}

/** How far one thing moved the score, in points. Names are fixed words, such as `address` or `speed`. */
export type RiskReason = { readonly name: string; readonly points: number }

export type RiskLevel = 'Low' | 'Medium' | 'High'

/** What was computed of an action, and what was done. */
export type RiskAssessment = {
  /** Ten times the decimal logarithm of the score: 10 points more make the sign-in ten times as suspicious. Undefined without a history. */
  readonly points: number | undefined
  readonly level: RiskLevel | undefined
  /** `Block`: refused. `AccountTakeover`: there is a level; the configured response was applied, or would be in mode ENFORCED. */
  readonly decision: 'NoRisk' | 'AccountTakeover' | 'Block'
  readonly reasons: readonly RiskReason[]
}

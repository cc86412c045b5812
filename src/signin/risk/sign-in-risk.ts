import type { RiskAssessment } from '../../protection/risk/assessment.ts'

/** The risk of a sign-in, which is assessed once, after the first proof. The sign-in carries it from call to call. */
export type SignInRisk = RiskAssessment & {
  /** Whether the sign-in needs a second factor because of its risk. */
  readonly demandsMfa: boolean
  /** Whether the user has not signed in before. */
  readonly isFirst: boolean
  /** Whether the trigger functions of a custom sign-in had already decided to issue tokens. */
  readonly isCustomDone: boolean
}

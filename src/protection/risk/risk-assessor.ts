import type { Clock } from '../../base/clock.ts'
import type { Logger } from '../../base/logger.ts'
import { threatProtectionOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { Db } from '../../storage/db.ts'
import type { Traits } from '../traits.ts'
import { type Computed, computeRisk } from './assess.ts'
import type { RiskAssessment, RiskReason } from './assessment.ts'
import { findHistory } from './history-repository.ts'
import { createWorlds } from './world.ts'

/** The risk of a sign-in, and whether the user has not signed in before. */
export type AssessedRisk = Computed & { readonly isFirst: boolean }

type Attempt = {
  readonly pool: Pool
  readonly sub: string
  readonly traits: Traits
  /** What else is known, such as the reputation of the address. */
  readonly others: readonly RiskReason[]
}

export type RiskAssessor = {
  /** Computes the risk of a sign-in. It reads the history of the user, and now and then the counts of the pool. */
  assess(attempt: Attempt): Promise<AssessedRisk>
  /** Counts a sign-in that succeeded among those of the pool. */
  learn(poolId: string, traits: Traits, isFirst: boolean): void
  /** Writes the reasons of an assessment to the log. The line names the event, and nothing of the user. */
  log(pool: Pool, assessment: RiskAssessment & { readonly eventId: string | undefined }): void
  close(): Promise<void>
}

type Options = { readonly db: Db; readonly clock: Clock; readonly logger: Pick<Logger, 'info' | 'warn'> }

export function createRiskAssessor({ db, clock, logger }: Options): RiskAssessor {
  const worlds = createWorlds({ db, clock, logger })
  return {
    async assess({ pool, sub, traits, others }) {
      const [history, world] = await Promise.all([findHistory(db, pool.id, sub), worlds.find(pool.id)])
      const { thresholds } = threatProtectionOf(pool)
      const computed = computeRisk({ traits, history, world, thresholds, others, now: clock.now() })
      return { ...computed, isFirst: history.every(({ isSignUp }) => isSignUp) }
    },
    learn: worlds.count,
    log(pool, { eventId, level, decision, points, reasons }) {
      const fields = {
        poolId: pool.id,
        eventId,
        level,
        decision,
        points,
        reasons: Object.fromEntries(reasons.map(({ name, points }) => [name, points])),
      }
      logger.info(fields, 'A sign-in has a risk.')
    },
    close: worlds.close,
  }
}

import type { Clock } from './base/clock.ts'
import type { Logger } from './base/logger.ts'
import type { Secrets } from './base/secrets.ts'
import type { LogDelivery } from './log-delivery/open-log-delivery.ts'
import type { PoolCatalog } from './pools/pool-catalog.ts'
import { openPasswordScreening } from './protection/breached-passwords/open-password-screening.ts'
import { createCodeLockout, createDeviceLockout, createPasswordLockout } from './protection/lockouts.ts'
import { openPlaces } from './protection/places/open-places.ts'
import { createRiskAssessor } from './protection/risk/risk-assessor.ts'
import { createStuffing } from './protection/stuffing/stuffing.ts'
import type { Settings } from './settings.ts'
import type { Db } from './storage/db.ts'
import type { Metrics } from './web/metrics.ts'

type Options = {
  readonly settings: Settings
  readonly db: Db
  readonly database: { readonly secrets: Secrets }
  readonly pools: PoolCatalog
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Pick<Metrics, 'countLocked' | 'countBreachLookup' | 'countAuthEvent' | 'stuffing'>
  readonly logs: Pick<LogDelivery, 'sinks'>
  readonly withoutSlot: <T>(work: () => Promise<T>) => Promise<T>
}

/**
 * Opens what protects the users of pools.
 * @throws SettingsError when a list of stolen passwords cannot be used
 */
export async function openProtection({ settings, db, database, pools, clock, logger, metrics, logs, withoutSlot }: Options) {
  const { countLocked, countBreachLookup: countLookup, stuffing: stuffingMetrics } = metrics
  const sources = { setting: settings.breachedPasswords, pools, clock, logger, countLookup, withoutSlot }
  const passwordScreening = await openPasswordScreening(sources)
  const places = await openPlaces({ settings, logger })
  const activityLog = { findSinks: logs.sinks.findForActivity, count: metrics.countAuthEvent }
  const lockouts = {
    lockout: createPasswordLockout({ db, countLocked }),
    codeLockout: createCodeLockout({ db, countLocked, withoutSlot }),
    deviceLockout: createDeviceLockout({ db, countLocked }),
  }
  const risk = createRiskAssessor({ db, clock, logger })
  const stuffing = createStuffing({ db, secrets: database.secrets, clock, logger })
  return {
    services: { ...lockouts, places, activityLog, risk, passwordScreening, stuffing, stuffingMetrics },
    async close() {
      places.close()
      await Promise.all([risk.close(), passwordScreening.close(), stuffing.close()])
    },
  }
}

import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/logger.ts'
import type { Secrets } from '../base/secrets.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import type { Settings } from '../settings.ts'
import type { Db } from '../storage/db.ts'
import { createCircuitBreakers } from './circuit-breakers.ts'
import { createTriggers } from './create-triggers.ts'
import { readFunctions } from './functions/read-functions.ts'
import type { InvocationRecord } from './invocations/invocation.ts'
import { createInvocationRecorder } from './invocations/invocation-recorder.ts'
import { createLastAnswers } from './invocations/last-answers.ts'
import { noteInvocation, traceTriggers } from './trace-triggers.ts'

export type TriggerMetrics = {
  /** Called once for each invocation. */
  countInvocation(trigger: string, outcome: string, seconds: number): void
}

type Options = {
  readonly settings: Settings
  readonly db: Db
  readonly secrets: Secrets
  readonly logger: Logger
  readonly clock: Clock
  readonly pools: PoolCatalog
  readonly metrics: TriggerMetrics
}

/**
 * Opens the functions that the settings name, the triggers that invoke them, and the records of invocations.
 * @throws SettingsError when the settings name functions that cannot be used.
 */
export function openTriggers({ settings, metrics, pools, clock, ...shared }: Options) {
  const { logger } = shared
  const functions = readFunctions({
    file: settings.functionsFile,
    folder: settings.functionsFolder,
    reload: settings.mode === 'dev',
    environment: settings.functionEnvironment,
    region: settings.region,
    logger,
  })
  const lastAnswers = createLastAnswers({ ...shared, clock })
  const breakers = createCircuitBreakers({ clock, logger })
  const invocations = createInvocationRecorder({ ...shared, pools })
  const onInvocation = (invocation: InvocationRecord) => {
    noteInvocation(invocation)
    metrics.countInvocation(invocation.trigger, invocation.outcome.toLowerCase(), invocation.durationMs / 1000)
    if (settings.triggerRecordsHours > 0) invocations.record(invocation)
  }
  return {
    triggers: traceTriggers(createTriggers({ functions, logger, clock, breakers, lastAnswers, onInvocation })),
    invocations,
    countOpenBreakers: breakers.countOpen,

    /**
     * Ends the functions, and writes the records and last good responses that still wait. Call it before the pools and the database are
     * closed.
     */
    async close(): Promise<void> {
      await functions.close()
      await Promise.all([lastAnswers.flush(), invocations.flush()])
    },
  }
}

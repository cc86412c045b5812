import type { Clock } from './base/clock.ts'
import { createLogger } from './base/logger.ts'
import { configuredProviders } from './configured-providers.ts'
import type { OpenedDatabase } from './open-database.ts'
import { readSenderDomains } from './pools/email-sender.ts'
import { createPoolCatalog } from './pools/pool-catalog.ts'
import { quotasWith } from './pools/quotas.ts'
import type { CopyDeps } from './portability/copy/copy-context.ts'
import type { Settings } from './settings.ts'
import { createMetrics } from './web/metrics.ts'

/** The services of a command that copies a user pool. A provider that does not answer during the copy is stored without its metadata. */
export function openCopyDeps(
  { storage, secrets }: Pick<OpenedDatabase, 'storage' | 'secrets'>,
  settings: Settings,
  clock: Clock,
): CopyDeps & { close(): void } {
  const { db, publish, subscribe } = storage
  const pools = createPoolCatalog({ db, secrets, clock, publish, subscribe })
  const { discoverDetails } = configuredProviders({
    settings: { ...settings, requireReachableProviders: settings.requireReachableProviders ?? false },
    db,
    secrets,
    clock,
    logger: createLogger({ level: 'silent', format: 'json' }),
    metrics: createMetrics(),
    withoutSlot: (work) => work(),
  })
  return {
    db,
    clock,
    secrets,
    pools,
    quotas: quotasWith(settings.quotas),
    tiers: { enforced: settings.enforceTiers },
    senderDomains: readSenderDomains(settings.emailFromDomains),
    publicUrl: settings.publicUrl ?? 'http://localhost',
    discoverDetails,
    close: pools.close,
  }
}

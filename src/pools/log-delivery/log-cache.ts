import { createLoadCache, type LoadCacheOptions } from '../../base/load-cache.ts'
import type { Db } from '../../storage/db.ts'
import { findResource } from '../pool-resource-repository.ts'
import { type LogConfiguration, logDeliveries, logDeliveryId } from './log-delivery.ts'

/** The configuration of a pool. It is cached also where nothing is configured. */
type LogsOfPool = { readonly poolId: string; readonly logs: readonly LogConfiguration[] }

type Options = Pick<LoadCacheOptions<unknown>, 'clock' | 'lifetimeMilliseconds' | 'maxEntries'> & { readonly db: Db }

/** Where the logs of pools go, as this process has cached it. */
export function createLogCache({ db, ...options }: Options) {
  const byPool = createLoadCache<LogsOfPool>({
    ...options,
    load: async (poolId) => ({ poolId, logs: (await findResource(db, poolId, logDeliveries, logDeliveryId))?.config.logs ?? [] }),
  })
  return {
    findLogsOf: async (poolId: string): Promise<readonly LogConfiguration[]> => (await byPool.get(poolId))?.logs ?? [],
    drop: byPool.drop,
    clear: byPool.clear,
  }
}

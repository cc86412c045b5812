import { createLoadCache, type LoadCacheOptions } from '../../base/load-cache.ts'
import type { Db } from '../../storage/db.ts'
import { type AppClient, allClients } from '../app-client.ts'
import type { Pool } from '../pool.ts'
import { findResources } from '../pool-resource-repository.ts'
import { usesThreatProtection } from '../tier-rules.ts'
import { type RiskConfiguration, type RiskSettings, riskConfigurations } from './risk-configuration.ts'

/** The configuration that applies to the client: its own one, or else the pool's. Without a client it is the pool's. */
export async function findRiskConfiguration(db: Db, poolId: string, clientId: string = allClients): Promise<RiskConfiguration | undefined> {
  const found = await findResources(db, poolId, riskConfigurations, [...new Set([clientId, allClients])])
  return found.find(({ id }) => id === clientId) ?? found[0]
}

/** The settings of a client. They are cached also where nothing is configured. */
type RiskOfClient = { readonly poolId: string; readonly settings: RiskSettings }

const nothingConfigured: RiskSettings = { compromised: undefined, takeover: undefined, exceptions: undefined }

type Options = Pick<LoadCacheOptions<unknown>, 'clock' | 'lifetimeMilliseconds' | 'maxEntries'> & { readonly db: Db }

/** The risk settings that this process has cached, by client. */
export function createRiskCache({ db, ...options }: Options) {
  const byClient = createLoadCache<RiskOfClient>({
    ...options,
    async load(key) {
      const { poolId, clientId } = readKey(key)
      return { poolId, settings: (await findRiskConfiguration(db, poolId, clientId))?.config ?? nothingConfigured }
    },
  })
  return {
    async findRiskOf(pool: Pool, client: Pick<AppClient, 'id'>): Promise<RiskSettings | undefined> {
      return usesThreatProtection(pool.addOns) ? (await byClient.get(`${pool.id}/${client.id}`))?.settings : undefined
    },
    drop: byClient.drop,
    clear: byClient.clear,
  }
}

/** Pool ids contain no slash. */
function readKey(key: string) {
  const slash = key.indexOf('/')
  return { poolId: key.slice(0, slash), clientId: key.slice(slash + 1) }
}

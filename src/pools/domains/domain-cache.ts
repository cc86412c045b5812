import { createLoadCache, type LoadCacheOptions } from '../../base/load-cache.ts'
import type { Db } from '../../storage/db.ts'
import type { PoolDomain } from './pool-domain.ts'
import { findDomain, findDomainsOfPool } from './pool-domain-repository.ts'

type DomainsOfPool = { readonly poolId: string; readonly all: readonly PoolDomain[] }

type Options = Pick<LoadCacheOptions<unknown>, 'clock' | 'lifetimeMilliseconds' | 'maxEntries'> & { readonly db: Db }

/** The domains that this process has cached: by their names, and by their pools. */
export function createDomainCache({ db, ...options }: Options) {
  const byName = createLoadCache<PoolDomain>({ ...options, load: (name) => findDomain(db, name) })
  const byPool = createLoadCache<DomainsOfPool>({
    ...options,
    load: async (poolId) => ({ poolId, all: await findDomainsOfPool(db, poolId) }),
  })
  return {
    findDomain: byName.get,
    findDomainsOf: async (poolId: string): Promise<readonly PoolDomain[]> => (await byPool.get(poolId))?.all ?? [],
    drop(matches: (domain: { readonly poolId: string }) => boolean): void {
      byName.drop(matches)
      byPool.drop(matches)
    },
    clear(): void {
      byName.clear()
      byPool.clear()
    },
  }
}

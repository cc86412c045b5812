import type { Clock } from '../base/clock.ts'
import { createLoadCache, type LoadCache } from '../base/load-cache.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import type { Db } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { findAppClient } from './app-client-repository.ts'
import { createDomainCache } from './domains/domain-cache.ts'
import type { PoolDomain } from './domains/pool-domain.ts'
import { createLogCache } from './log-delivery/log-cache.ts'
import type { LogConfiguration } from './log-delivery/log-delivery.ts'
import { findPageLook, type PageLook } from './page-look.ts'
import type { Pool, ServerDefaults } from './pool.ts'
import { findPool } from './pool-repository.ts'
import { findExistingScopes } from './resource-servers/scopes.ts'
import { createRiskCache } from './risk/risk-cache.ts'
import type { RiskSettings } from './risk/risk-configuration.ts'

/** The pools, their app clients and their domains that this process has cached, for some seconds. A change in any process invalidates them at once. */
export type PoolCatalog = {
  findPool(poolId: string): Promise<Pool | undefined>
  /** @throws ApiError ResourceNotFoundException, with Cognito's text, when the pool does not exist */
  getPool(poolId: string): Promise<Pool>
  findClient(clientId: string): Promise<{ readonly pool: Pool; readonly client: AppClient } | undefined>
  /** @throws ApiError ResourceNotFoundException, with Cognito's text, when the client does not exist */
  getClient(clientId: string): Promise<{ readonly pool: Pool; readonly client: AppClient }>
  /** The pool of a client, if the client is cached. Meant for log lines: the call never queries the database. */
  cachedPoolIdOf(clientId: string): string | undefined
  /** @throws ApiError ResourceNotFoundException when the pool does not exist or has no such client */
  getClientOfPool(poolId: string, clientId: string): Promise<{ readonly pool: Pool; readonly client: AppClient }>
  /** The domain with this name, of any pool: a prefix, or the host name of a custom domain. */
  findDomain(name: string): Promise<PoolDomain | undefined>
  /** The domains of the pool: at most one prefix and one custom domain. */
  findDomainsOf(poolId: string): Promise<readonly PoolDomain[]>
  /** The scopes among those of the client that still exist: a resource server may have lost some. Empty for an unknown client. */
  findScopesOf(clientId: string): Promise<ReadonlySet<string>>
  /** How the hosted pages of the client look. Undefined for an unknown client. */
  findLookOf(clientId: string): Promise<PageLook | undefined>
  /**
   * The risk settings of the client, or else of the pool. A section that is not configured is undefined. Returns undefined in a pool
   * without threat protection, and then never queries the database.
   */
  findRiskOf(pool: Pool, client: Pick<AppClient, 'id'>): Promise<RiskSettings | undefined>
  /** Where the logs of the pool go, as SetLogDeliveryConfiguration has it. */
  findLogsOf(poolId: string): Promise<readonly LogConfiguration[]>
  /** Drops the pool, its clients and its domains from the caches of all processes. Call it after the commit that changed one of them. */
  invalidate(poolId: string): Promise<void>
}

/** The error for a pool that does not exist. */
export function poolNotFound(poolId: string): ApiError {
  return new ApiError('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
}

/** The error for a client that does not exist, or that belongs to another pool. */
export function clientNotFound(clientId: string): ApiError {
  return new ApiError('ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
}

/** How long a process that missed the notification of a change may use an old version of a pool. */
const poolCacheMilliseconds = 5_000

const maxEntries = 10_000

/** A look takes up to some ten kilobytes. */
const maxLooks = 2_000

/** The form of a pool id. Ids come from URLs and unverified tokens, so a text that cannot be an id must not cause a database query. */
const poolIdPattern = /^[\w-]{1,45}_[0-9a-zA-Z]{1,55}$/

/** Whether the text has the form of a pool id. */
export const isPoolId = (text: string): boolean => text.length <= 55 && poolIdPattern.test(text)

/** The channel that announces a changed pool, by its id. */
export const poolChanged = 'pool_changed'

type Deps = {
  db: Db
  secrets: Secrets
  clock: Clock
  serverDefaults?: ServerDefaults
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: (poolId: string) => void, onGap: () => void): () => void
}

const clear = (cache: { clear(): void }) => cache.clear()

/** Creates the catalog. It subscribes to the changes that other processes make; `close` ends the subscription. */
export function createPoolCatalog({ db, secrets, clock, serverDefaults, publish, subscribe }: Deps): PoolCatalog & { close(): void } {
  const options = { clock, lifetimeMilliseconds: poolCacheMilliseconds, maxEntries }
  async function load(poolId: string): Promise<Pool | undefined> {
    const pool = poolIdPattern.test(poolId) ? await findPool(db, poolId) : undefined
    return pool && (serverDefaults === undefined ? pool : { ...pool, serverDefaults })
  }
  const pools = createLoadCache<Pool>({ ...options, load })
  const clients = createLoadCache<AppClient>({ ...options, load: (clientId) => findAppClient(db, secrets, clientId) })
  const domains = createDomainCache({ ...options, db })
  const risks = createRiskCache({ ...options, db })
  const scopes = createLoadCache<ScopesOfClient>({
    ...options,
    async load(clientId) {
      const client = await clients.get(clientId)
      return client && { poolId: client.poolId, existing: await findExistingScopes(db, client.poolId, client.oauthScopes ?? []) }
    },
  })
  const looks = createLoadCache<PageLook>({
    ...options,
    maxEntries: maxLooks,
    async load(clientId) {
      const client = await clients.get(clientId)
      return client && findPageLook(db, client.poolId, clientId)
    },
  })
  const logs = createLogCache({ ...options, db })
  const ofPools = [clients, domains, scopes, looks, risks, logs]
  function drop(poolId: string): void {
    pools.drop((pool) => pool.id === poolId)
    for (const cache of ofPools) cache.drop((value) => value.poolId === poolId)
  }
  const close = subscribe(poolChanged, drop, () => [pools, ...ofPools].forEach(clear))

  return {
    ...findersIn(pools, clients),
    findDomain: domains.findDomain,
    findDomainsOf: domains.findDomainsOf,
    findScopesOf: async (clientId) => (await scopes.get(clientId))?.existing ?? new Set(),
    findLookOf: looks.get,
    findRiskOf: risks.findRiskOf,
    findLogsOf: logs.findLogsOf,
    async invalidate(poolId) {
      drop(poolId)
      // The change is committed, so a lost notification must not look like a failure. What other processes have cached expires anyway.
      await publish(poolChanged, poolId).catch(() => undefined)
    },
    close,
  }
}

type ScopesOfClient = { readonly poolId: string; readonly existing: ReadonlySet<string> }

type Finders = Omit<
  PoolCatalog,
  'findDomain' | 'findDomainsOf' | 'findScopesOf' | 'findLookOf' | 'findRiskOf' | 'findLogsOf' | 'invalidate'
>

function findersIn(pools: LoadCache<Pool>, clients: LoadCache<AppClient>): Finders {
  async function getPool(poolId: string): Promise<Pool> {
    const pool = await pools.get(poolId)
    if (pool === undefined) throw poolNotFound(poolId)
    return pool
  }

  async function findClient(clientId: string) {
    const client = await clients.get(clientId)
    const pool = client && (await pools.get(client.poolId))
    return client && pool && { pool, client }
  }

  return {
    findPool: pools.get,
    getPool,
    findClient,
    async getClient(clientId) {
      const found = await findClient(clientId)
      if (found === undefined) throw clientNotFound(clientId)
      return found
    },
    cachedPoolIdOf: (clientId) => clients.peek(clientId)?.poolId,
    async getClientOfPool(poolId, clientId) {
      await getPool(poolId)
      const found = await findClient(clientId)
      if (found?.pool.id !== poolId) throw clientNotFound(clientId)
      return found
    },
  }
}

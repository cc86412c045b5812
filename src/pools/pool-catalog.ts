import type { Clock } from '../base/clock.ts'
import { createLoadCache } from '../base/load-cache.ts'
import type { Secrets } from '../base/secrets.ts'
import { ApiError } from '../contract/api-error.ts'
import type { Db } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { findAppClient } from './app-client-repository.ts'
import type { Pool, ServerDefaults } from './pool.ts'
import { findPool } from './pool-repository.ts'

/** Pools and app clients as this process knows them: cached for seconds, dropped at once when they change anywhere. */
export type PoolCatalog = {
  findPool(poolId: string): Promise<Pool | undefined>
  /** Throws ResourceNotFoundException with Cognito's text. */
  getPool(poolId: string): Promise<Pool>
  findClient(clientId: string): Promise<{ readonly pool: Pool; readonly client: AppClient } | undefined>
  /** Throws ResourceNotFoundException with Cognito's text. */
  getClient(clientId: string): Promise<{ readonly pool: Pool; readonly client: AppClient }>
  /** The pool of a client that was asked for a moment ago, for the log: it never asks the database. */
  cachedPoolIdOf(clientId: string): string | undefined
  /** Throws ResourceNotFoundException also when the client belongs to another pool. */
  getClientOfPool(poolId: string, clientId: string): Promise<{ readonly pool: Pool; readonly client: AppClient }>
  /** To be called after the commit that changed the pool or one of its clients. */
  invalidate(poolId: string): Promise<void>
}

/** The answer for a pool that does not exist. */
export function poolNotFound(poolId: string): ApiError {
  return new ApiError('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
}

/** The answer for a client that does not exist, or not in this pool. */
export function clientNotFound(clientId: string): ApiError {
  return new ApiError('ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
}

/** How long a process that missed the news may go on with a pool as it was. */
const poolCacheMilliseconds = 5_000

const maxEntries = 10_000

/** Ids come from URLs and from tokens nobody has checked yet; what could not be one is not asked of the database. */
const poolIdShape = /^[\w-]{1,45}_[0-9a-zA-Z]{1,55}$/
const channel = 'pool_changed'

type Deps = {
  db: Db
  secrets: Secrets
  clock: Clock
  serverDefaults?: ServerDefaults
  publish(channel: string, payload: string): Promise<void>
  subscribe(channel: string, listener: (poolId: string) => void, onGap: () => void): () => void
}

const clear = (cache: { clear(): void }) => cache.clear()

/** `close` ends the subscription; the catalog itself holds nothing open. */
export function createPoolCatalog({ db, secrets, clock, serverDefaults, publish, subscribe }: Deps): PoolCatalog & { close(): void } {
  const options = { clock, lifetimeMilliseconds: poolCacheMilliseconds, maxEntries }
  async function load(poolId: string): Promise<Pool | undefined> {
    const pool = poolIdShape.test(poolId) ? await findPool(db, poolId) : undefined
    return pool && (serverDefaults === undefined ? pool : { ...pool, serverDefaults })
  }
  const pools = createLoadCache<Pool>({ ...options, load })
  const clients = createLoadCache<AppClient>({ ...options, load: (clientId) => findAppClient(db, secrets, clientId) })
  function drop(poolId: string): void {
    pools.drop((pool) => pool.id === poolId)
    clients.drop((client) => client.poolId === poolId)
  }
  const close = subscribe(channel, drop, () => [pools, clients].forEach(clear))

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
    async invalidate(poolId) {
      drop(poolId)
      // The change is committed. That the news of it got lost must not look like a failure: the others' entries expire by themselves.
      await publish(channel, poolId).catch(() => undefined)
    },
    close,
  }
}

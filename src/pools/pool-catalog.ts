import { ApiError } from '../contract/api-error.ts'
import type { AppClient } from './app-client.ts'
import type { Pool } from './pool.ts'

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
  changed(poolId: string): Promise<void>
}

/** The answer for a pool that does not exist. */
export function poolNotFound(poolId: string): ApiError {
  return new ApiError('ResourceNotFoundException', `User pool ${poolId} does not exist.`)
}

/** The answer for a client that does not exist, or not in this pool. */
export function clientNotFound(clientId: string): ApiError {
  return new ApiError('ResourceNotFoundException', `User pool client ${clientId} does not exist.`)
}

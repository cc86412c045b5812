import type { Secrets } from '../base/secrets.ts'
import type { Tx } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { countAppClientsUpTo, insertAppClient, updateAppClient } from './app-client-repository.ts'
import { requireValidClient } from './app-client-rules.ts'
import { findClientReferences } from './client-references.ts'
import type { Pool } from './pool.ts'
import { type Quotas, requireWithinQuota } from './quotas.ts'
import { requireTierOfClient, type Tiers } from './tier-rules.ts'

export type NewClientDeps = { readonly secrets: Secrets; readonly quotas: Quotas; readonly tiers: Tiers }

/**
 * Checks and stores a new client. `pool` is locked, so that the settings that the client is checked against do not change before the commit.
 * @throws ApiError as `requireValidClient`, FeatureUnavailableInTierException, LimitExceededException when the pool has too many clients
 */
export async function insertValidClient(tx: Tx, { secrets, quotas, tiers }: NewClientDeps, pool: Pool, client: AppClient): Promise<void> {
  requireValidClient(pool, client, await findClientReferences(tx, client), 'creating')
  requireTierOfClient(tiers, pool, client)
  await insertAppClient(tx, secrets, client)
  requireWithinQuota(quotas, 'appClientsPerPool', await countAppClientsUpTo(tx, pool.id, quotas.appClientsPerPool + 1))
}

/**
 * Checks and stores a client that has changed, and that is locked.
 * @throws ApiError as `requireValidClient`, FeatureUnavailableInTierException
 */
export async function updateValidClient(
  tx: Tx,
  { secrets, tiers }: Omit<NewClientDeps, 'quotas'>,
  pool: Pool,
  client: AppClient,
): Promise<void> {
  requireValidClient(pool, client, await findClientReferences(tx, client), 'updating')
  requireTierOfClient(tiers, pool, client)
  await updateAppClient(tx, secrets, client)
}

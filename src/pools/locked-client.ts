import type { Secrets } from '../base/secrets.ts'
import type { Tx } from '../storage/db.ts'
import type { AppClient } from './app-client.ts'
import { lockAppClient } from './app-client-repository.ts'
import { clientNotFound } from './pool-catalog.ts'

/** The client as it is now, which nobody changes or deletes before the transaction ends. Throws ResourceNotFoundException. */
export async function requireLockedClient(tx: Tx, secrets: Secrets, poolId: string, clientId: string): Promise<AppClient> {
  const client = await lockAppClient(tx, secrets, poolId, clientId)
  if (client === undefined) throw clientNotFound(clientId)
  return client
}

import { clientExtensionsOf } from '../../pools/client-extensions/client-extensions.ts'
import { mannerOf } from '../../pools/extensions/pool-extensions.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { isStateConsumed } from '../../storage/consumed-state-repository.ts'
import type { Tx } from '../../storage/db.ts'
import { insertSessionClient } from '../../users/session-clients/session-client-repository.ts'
import type { User } from '../../users/user.ts'
import { lockUser } from '../../users/user-repository.ts'
import { OAuthError } from '../oauth-error.ts'
import type { DomainSessionReference } from './session-cookie.ts'

/** Whether the client is told when a session of the hosted pages ends. */
function isToldOfLogout({ pool, client }: PoolAndClient): boolean {
  const { frontChannelLogout, backChannelLogout } = clientExtensionsOf(client)
  return mannerOf(pool) === 'STRICT' && (frontChannelLogout.uri !== undefined || backChannelLogout.uri !== undefined)
}

/**
 * Remembers that the client gets tokens in the session, if it is to be told of its end. Call it before all else that locks rows of the user.
 *
 * @throws OAuthError invalid_grant when the session has ended: nothing would tell the client any more.
 */
export async function recordSessionClient(
  tx: Tx,
  { pool, client, user }: PoolAndClient & { readonly user: User },
  { sid, expiresAt }: DomainSessionReference,
): Promise<void> {
  if (!isToldOfLogout({ pool, client })) return
  // All that ends sessions of the user locks this row, too.
  const locked = await lockUser(tx, pool.id, user.sub)
  if (!locked?.enabled || locked.signedOutAt !== user.signedOutAt || (await isStateConsumed(tx, sid))) throw new OAuthError('invalid_grant')
  await insertSessionClient(tx, { poolId: pool.id, sub: user.sub, sid, clientId: client.id, expiresAt })
}

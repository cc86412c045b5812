import type { Clock } from '../../base/clock.ts'
import { consumeState } from '../../storage/consumed-state-repository.ts'
import type { Db } from '../../storage/db.ts'
import { endSessionClients } from '../../users/session-clients/session-client-repository.ts'
import { lockUser } from '../../users/user-repository.ts'
import { codeLifetimeMs } from '../codes/authorization-code.ts'
import type { DomainSession } from './session-cookie.ts'

/** A session that has ended, and the clients that got tokens in it and are to be told. */
export type EndedSession = { readonly sid: string | undefined; readonly clientIds: readonly string[] }

/**
 * Ends a session. In manner strict, the transaction that ends it also notes which clients are to be told. A session that `isContinued`
 * lives on under another id: its apps are not told.
 */
export async function endDomainSession(
  { db, clock }: { readonly db: Db; readonly clock: Clock },
  { id, poolId, sub, sid, expiresAt }: Pick<DomainSession, 'id' | 'poolId' | 'sub' | 'sid' | 'expiresAt'>,
  { isContinued = false }: { readonly isContinued?: boolean } = {},
): Promise<EndedSession> {
  if (sid === undefined || isContinued) {
    await consumeState(db, id, expiresAt)
    return { sid, clientIds: [] }
  }
  return db.transaction().execute(async (tx) => {
    // A client that gets tokens at the same time locks the user as well (see recordSessionClient). So it is told, or gets no tokens.
    await lockUser(tx, poolId, sub)
    const now = clock.now()
    await consumeState(tx, id, expiresAt)
    await consumeState(tx, sid, Math.max(expiresAt, now + codeLifetimeMs))
    return { sid, clientIds: await endSessionClients(tx, { poolId, sub, sid }, now) }
  })
}

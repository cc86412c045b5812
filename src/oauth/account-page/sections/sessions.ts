import { ApiError } from '../../../contract/api-error.ts'
import { sessionTrackingOf } from '../../../pools/sessions/session-settings.ts'
import { globalSignOut } from '../../../tokens/global-sign-out.operation.ts'
import type { Session } from '../../../tokens/session.ts'
import { revokeUserSession } from '../../../tokens/sessions/revoke-user-session.operation.ts'
import { writeSessionId } from '../../../tokens/sessions/session-id.ts'
import { listActiveSessions } from '../../../tokens/sessions/tracked-sessions.ts'
import { listSessionClients } from '../../../users/session-clients/session-client-repository.ts'
import { endDomainSession } from '../../domain-session/end-domain-session.ts'
import type { Parameters } from '../../parameters.ts'
import type { Account } from '../account.ts'
import type { AccountPageDeps } from '../account-page-deps.ts'
import { callAsUser } from '../call-as-user.ts'
import { type ActionResult, section } from '../section.ts'

/** A session of an app. */
export type AppSession = { readonly id: string; readonly clientName: string | undefined } & Pick<Session, 'createdAt' | 'activity'>

/** A session of a browser with the hosted pages, of which the server knows because apps are to be told of its end. */
export type BrowserSession = {
  readonly sid: string
  readonly isCurrent: boolean
  readonly clientNames: readonly string[]
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

export type SessionsView = {
  /** Undefined in pools that do not track sessions. */
  readonly apps: readonly AppSession[] | undefined
  readonly browsers: readonly BrowserSession[]
  /** When the user has signed in in this browser, in epoch milliseconds. */
  readonly signedInAt: number
}

/** Where the user is signed in, as far as the server knows. Sessions of browsers travel in cookies and are not stored. */
export const sessions = section({
  shows: ['ListUserSessions'],
  isOffered: () => true,

  async open(deps, account): Promise<SessionsView> {
    const { pool, user, session, now } = account
    const tracked = sessionTrackingOf(pool).enabled ? await listActiveSessions(deps.db, pool, user, now) : undefined
    const apps = tracked?.map(async (one) => ({
      id: writeSessionId(one.id),
      clientName: await findClientName(deps, account, one.clientId),
      createdAt: one.createdAt,
      activity: one.activity,
    }))
    return { apps: apps && (await Promise.all(apps)), browsers: await findBrowsers(deps, account), signedInAt: session.authTime * 1000 }
  },

  actions: {
    revoke: {
      operation: 'RevokeUserSession',
      switches: ['RevokeUserSession'],
      isSensitive: true,
      async run(deps, account, form) {
        await callAsUser(revokeUserSession, deps, account, { SessionId: form.get('id') ?? '' })
        return { kind: 'done', done: { kind: 'signed-out' } }
      },
    },
    'end-browser': {
      operation: 'RevokeUserSession',
      switches: ['RevokeUserSession'],
      isSensitive: true,
      run: endBrowser,
    },
    'end-all': {
      operation: 'GlobalSignOut',
      switches: ['GlobalSignOut'],
      isSensitive: true,
      async run(deps, account) {
        await callAsUser(globalSignOut, deps, account, {})
        deps.logoutWorker.wake()
        return endHere(deps, account)
      },
    },
    // The user leaves this browser. That needs no proof: a thief of the cookie gains nothing by it.
    'end-here': { operation: 'RevokeToken', switches: [], isSensitive: false, run: endHere },
  },
})

async function endHere(deps: AccountPageDeps, { session }: Account): Promise<ActionResult<SessionsView>> {
  await endDomainSession(deps, session)
  deps.logoutWorker.wake()
  return { kind: 'ended', ending: 'signed-out' }
}

/** @throws ApiError ResourceNotFoundException when the user has no such session. */
async function endBrowser(deps: AccountPageDeps, account: Account, form: Parameters): Promise<ActionResult<SessionsView>> {
  const found = (await findBrowsers(deps, account)).find(({ sid, isCurrent }) => sid === form.get('id') && !isCurrent)
  if (found === undefined) throw new ApiError('ResourceNotFoundException', 'Session does not exist.')
  const { sid, expiresAt } = found
  await endDomainSession(deps, { id: sid, sid, expiresAt, poolId: account.pool.id, sub: account.user.sub })
  deps.logoutWorker.wake()
  return { kind: 'done', done: { kind: 'signed-out' } }
}

async function findBrowsers(deps: AccountPageDeps, account: Account): Promise<readonly BrowserSession[]> {
  const { pool, user, session, now } = account
  const clients = await listSessionClients(deps.db, { poolId: pool.id, sub: user.sub }, now)
  const bySid = Map.groupBy(clients, ({ sid }) => sid)
  return Promise.all(
    [...bySid].map(async ([sid, of]) => ({
      sid,
      isCurrent: sid === session.sid,
      clientNames: (await Promise.all(of.map(({ clientId }) => findClientName(deps, account, clientId)))).filter(
        (name) => name !== undefined,
      ),
      expiresAt: Math.max(...of.map(({ expiresAt }) => expiresAt)),
    })),
  )
}

/** Undefined for a client that was deleted. */
async function findClientName({ pools }: AccountPageDeps, { pool }: Account, clientId: string): Promise<string | undefined> {
  const owner = await pools.findClient(clientId)
  return owner?.pool.id === pool.id ? owner.client.name : undefined
}

import express from 'express'
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose'
import { noteSecrets } from './evidence.ts'
import { openApp } from './open-app.ts'
import type { TestServer } from './test-server.ts'

/** What the app answers to a logout token in place of its own answer. */
type Fault = { readonly status: number } | 'hang' | 'hang up'

type Connection = { readonly poolId: string; readonly clientId: string; readonly publicUrl?: string }

/** The members that every logout token has, and no others (OpenID Connect Back-Channel Logout 1.0 §2.4). */
const members = ['aud', 'events', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']

const longestWaitMs = 60_000

type LogoutClaims = JWTPayload & { readonly sid?: string; readonly events?: Record<string, unknown> }

/** Verifies the signature and the claims that every JWT has. */
function verifierOf(server: Pick<TestServer, 'url' | 'clock'>, { poolId, clientId, publicUrl = server.url }: Connection) {
  const keys = createRemoteJWKSet(new URL(`${server.url}/${poolId}/.well-known/jwks.json`))
  const checks = { issuer: `${publicUrl}/${poolId}`, audience: clientId, typ: 'logout+jwt', algorithms: ['RS256'] }
  return async (token: string): Promise<LogoutClaims> => {
    noteSecrets({ token })
    return (await jwtVerify(token, keys, { ...checks, currentDate: new Date(server.clock.now()) })).payload
  }
}

/** Checks what makes a logout token. Returns the session. */
function requireLogout(claims: LogoutClaims): string {
  const { sub, sid, events, exp = 0, iat = 0 } = claims
  const isLogout = JSON.stringify(events) === '{"http://schemas.openid.net/event/backchannel-logout":{}}'
  if (!isLogout || sub === undefined || sid === undefined) throw new Error('It is no logout token.')
  if (Object.keys(claims).sort().join() !== members.join()) throw new Error(`It has the claims ${Object.keys(claims)}.`)
  if (exp - iat > 120) throw new Error('It is valid for too long.')
  return sid
}

/** Ends the session of a logout token. Returns what is wrong with the token, or an empty text. Each token works once. */
function tokenTaker(sessions: Set<string>, verify: (token: string) => Promise<LogoutClaims>) {
  const used = new Set<string>()
  return async (token: string): Promise<string> => {
    try {
      const claims = await verify(token)
      const sid = requireLogout(claims)
      if (used.has(claims.jti ?? '')) throw new Error('It was used before.')
      used.add(claims.jti ?? '')
      sessions.delete(sid)
      return ''
    } catch (error) {
      return String(error)
    }
  }
}

/**
 * An app that takes part in back-channel logout: it verifies logout tokens with `jose` by the rules of §2.6, and ends its sessions. `connect`
 * says which client of which issuer it is.
 */
export async function openLogoutApp() {
  /** The sessions of the app, by their `sid`. */
  const sessions = new Set<string>()
  const received: { readonly token: string; readonly problem: string }[] = []
  const faults: Fault[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  let verify: (token: string) => Promise<LogoutClaims> = () => Promise.reject(new Error('The app is not connected.'))
  const take = tokenTaker(sessions, (token) => verify(token))

  const app = express()
  app.post('/backchannel', express.urlencoded({ extended: false }), async (request, response) => {
    const token = String((request.body as Record<string, unknown>)['logout_token'])
    const problem = await take(token)
    received.push({ token, problem })
    const fault = faults.shift() ?? { status: problem === '' ? 200 : 400 }
    for (const { count, resolve } of waiting) if (received.length >= count) resolve()
    if (fault === 'hang up') request.socket.destroy()
    else if (fault !== 'hang') response.set('cache-control', 'no-store').sendStatus(fault.status)
  })
  const { port, [Symbol.dispose]: close } = await openApp(app)
  return {
    origin: `http://localhost:${port}`,
    sessions,
    received,
    /** What the app answers next, one after the other. */
    faults,
    connect(server: Pick<TestServer, 'url' | 'clock'>, connection: Connection): void {
      verify = verifierOf(server, connection)
    },
    /** Resolves as soon as so many logout tokens have arrived in total. Rejects after a time in which they arrive even on a busy machine. */
    async arrived(count: number): Promise<void> {
      if (received.length >= count) return
      const arrival = Promise.withResolvers<void>()
      waiting.push({ count, resolve: arrival.resolve })
      const late = () => arrival.reject(new Error(`${received.length} of ${count} logout tokens arrived.`))
      const timer = setTimeout(late, longestWaitMs)
      await arrival.promise.finally(() => clearTimeout(timer))
    },
    [Symbol.dispose]: close,
  }
}

export type LogoutApp = Awaited<ReturnType<typeof openLogoutApp>>

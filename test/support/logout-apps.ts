import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createRemoteJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose'
import { noteSecrets } from './evidence.ts'
import type { TestServer } from './test-server.ts'

/** What the app answers to a logout token in place of its own answer. */
type Fault = { readonly status: number } | 'hang' | 'hang up'

type Connection = { readonly poolId: string; readonly clientId: string; readonly publicUrl?: string }

/** The members that every logout token has, and no others (OpenID Connect Back-Channel Logout 1.0 §2.4). */
const members = ['aud', 'events', 'exp', 'iat', 'iss', 'jti', 'sid', 'sub']

/**
 * An app that takes part in back-channel logout: it verifies logout tokens with `jose` by the rules of §2.6, and ends its sessions. `connect`
 * says which client of which issuer it is.
 */
export async function openLogoutApp() {
  /** The sessions of the app, by their `sid`. */
  const sessions = new Set<string>()
  const received: { readonly token: string; readonly status: number; readonly problem: string }[] = []
  const seen = new Set<string>()
  const faults: Fault[] = []
  const waiting: { readonly count: number; readonly resolve: () => void }[] = []
  let verify: (token: string) => Promise<JWTPayload> = () => Promise.reject(new Error('The app is not connected.'))

  const app = express()
  app.use(express.urlencoded({ extended: false }))
  app.post('/backchannel', async (request, response) => {
    const token = String((request.body as Record<string, unknown>)['logout_token'])
    const { status, problem } = await take(token)
    received.push({ token, status, problem })
    const fault = faults.shift()
    for (const { count, resolve } of waiting) if (received.length >= count) resolve()
    if (fault === 'hang') return
    if (fault === 'hang up') return void request.socket.destroy()
    response.set('cache-control', 'no-store').sendStatus(fault?.status ?? status)
  })

  async function take(token: string): Promise<{ status: number; problem: string }> {
    try {
      const claims = await verify(token)
      const { jti = '', sub, sid, events } = claims as JWTPayload & { sid?: string; events?: Record<string, unknown> }
      const isLogout = JSON.stringify(events) === '{"http://schemas.openid.net/event/backchannel-logout":{}}'
      if (!isLogout || sub === undefined || sid === undefined) throw new Error('It is no logout token.')
      if (Object.keys(claims).sort().join() !== members.join()) throw new Error(`It has the claims ${Object.keys(claims)}.`)
      if ((claims.exp ?? 0) - (claims.iat ?? 0) > 120) throw new Error('It is valid for too long.')
      if (seen.has(jti)) throw new Error('It was used before.')
      seen.add(jti)
      sessions.delete(sid)
      return { status: 200, problem: '' }
    } catch (error) {
      return { status: 400, problem: String(error) }
    }
  }

  const listener = app.listen(0, 'localhost')
  await once(listener, 'listening')
  return {
    origin: `http://localhost:${(listener.address() as AddressInfo).port}`,
    sessions,
    received,
    /** What the app answers next, one after the other. */
    faults,
    connect(server: Pick<TestServer, 'url' | 'clock'>, { poolId, clientId, publicUrl = server.url }: Connection): void {
      const issuer = `${publicUrl}/${poolId}`
      const keys = createRemoteJWKSet(new URL(`${server.url}/${poolId}/.well-known/jwks.json`))
      verify = async (token) => {
        noteSecrets({ token })
        if (decodeProtectedHeader(token).typ !== 'logout+jwt') throw new Error('It has another type.')
        const currentDate = new Date(server.clock.now())
        return (await jwtVerify(token, keys, { issuer, audience: clientId, currentDate, algorithms: ['RS256'] })).payload
      }
    },
    /** Resolves as soon as so many logout tokens have arrived in total. */
    async arrived(count: number): Promise<void> {
      if (received.length >= count) return
      await new Promise<void>((resolve) => waiting.push({ count, resolve }))
    },
    async [Symbol.asyncDispose]() {
      listener.closeAllConnections()
      listener.close()
      await once(listener, 'close')
    },
  }
}

export type LogoutApp = Awaited<ReturnType<typeof openLogoutApp>>

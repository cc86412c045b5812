import { randomUUID } from 'node:crypto'
import express from 'express'
import expressSession from 'express-session'
import * as client from 'openid-client'
import { noteSecrets } from './evidence.ts'
import { openApp } from './open-app.ts'

type Connection = { readonly issuer: string; readonly clientId: string; readonly secret: string }

/** What an app keeps in its own session. */
type Kept = { sid?: string | undefined; user?: string; idToken?: string; verifier?: string }

/** The routes that sign users in and out by `openid-client`. */
function signInRoutes(app: express.Express, origin: string, connected: () => Promise<client.Configuration>): void {
  app.get('/in', async (request, response) => {
    const verifier = client.randomPKCECodeVerifier()
    keptIn(request).verifier = verifier
    const code_challenge = await client.calculatePKCECodeChallenge(verifier)
    const parameters = { redirect_uri: `${origin}/callback`, scope: 'openid', code_challenge, code_challenge_method: 'S256' }
    response.redirect(client.buildAuthorizationUrl(await connected(), parameters).href)
  })
  app.get('/callback', async (request, response) => {
    const kept = keptIn(request)
    const checks = { pkceCodeVerifier: kept.verifier ?? '' }
    const tokens = await client.authorizationCodeGrant(await connected(), new URL(`${origin}${request.url}`), checks)
    noteSecrets(tokens)
    const claims = tokens.claims()
    Object.assign(kept, { sid: claims?.['sid'], user: claims?.sub, idToken: tokens.id_token })
    response.redirect('/')
  })
  app.get('/out', async (request, response) => {
    const parameters = { id_token_hint: keptIn(request).idToken ?? '', post_logout_redirect_uri: `${origin}/bye`, state: 'back' }
    response.redirect(client.buildEndSessionUrl(await connected(), parameters).href)
  })
}

const keptIn = (request: express.Request) => request.session as unknown as Kept

/**
 * An app with Express and `openid-client` that takes part in front-channel logout: a frame at `/front` ends its session, if `iss` and `sid`
 * are those of the session. `connect` says which client of which issuer it is. With `hangs` the frame is never answered.
 */
export async function openFrontChannelApp({ hangs = false }: { readonly hangs?: boolean } = {}) {
  let config: client.Configuration | undefined
  const framed: string[] = []
  const app = express()
  app.use(expressSession({ secret: 'a secret of the app', resave: false, saveUninitialized: false, name: `app-${randomUUID()}` }))
  app.get('/', (request, response) => {
    const { user } = keptIn(request)
    response.send(user === undefined ? '<h1>Signed out</h1><a href="/in">Sign in</a>' : '<h1>Welcome</h1><a href="/out">Sign out</a>')
  })
  app.get('/front', (request, response) => {
    framed.push(request.url)
    if (hangs) return
    const { iss, sid } = request.query
    const isOwn = iss === config?.serverMetadata().issuer && sid === keptIn(request).sid
    if (isOwn) request.session.destroy(() => response.set('cache-control', 'no-store').send('signed out'))
    else response.sendStatus(400)
  })
  app.get('/bye', (_request, response) => void response.send('<h1>Goodbye</h1>'))
  const { port, [Symbol.dispose]: close } = await openApp(app)
  const origin = `http://localhost:${port}`
  signInRoutes(app, origin, async () => config ?? Promise.reject(new Error('The app is not connected.')))
  return {
    origin,
    /** The addresses that were loaded in frames. */
    framed,
    async connect({ issuer, clientId, secret }: Connection): Promise<void> {
      const options = { execute: [client.allowInsecureRequests] }
      config = await client.discovery(new URL(issuer), clientId, undefined, client.ClientSecretBasic(secret), options)
    },
    [Symbol.dispose]: close,
  }
}

export type FrontChannelApp = Awaited<ReturnType<typeof openFrontChannelApp>>

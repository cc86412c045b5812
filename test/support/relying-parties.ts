import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import express from 'express'
import expressSession from 'express-session'
import passport from 'passport'
import { type Profile, Strategy, type VerifyCallback } from 'passport-openidconnect'

/** The few of Auth.js's types that this file needs. Its own would bring the types of browsers into all of our source. */
type Account = { readonly id_token?: string; readonly access_token?: string }
type SessionBody = { readonly user?: { readonly email?: string } } | null
type AuthJs = { Auth(request: Request, config: object): Promise<Response> }
type Provider = { default(options: { clientId: string; clientSecret: string; issuer: string }): object }

const { Auth } = (await import(import.meta.resolve('@auth/core'))) as AuthJs
const { default: Cognito } = (await import(import.meta.resolve('@auth/core/providers/cognito'))) as Provider

/** What the operator of an app copies from the user pool. */
export type RelyingPartySettings = {
  readonly origin: string
  readonly issuer: string
  /** The URL of the domain, or of the server. */
  readonly domain: string
  readonly clientId: string
  readonly clientSecret: string
  /** Called after each sign-in with what the library has received. */
  readonly onSignIn: (tokens: { readonly idToken: string; readonly accessToken: string }) => void
}

const home = (user: string | undefined): string =>
  user === undefined
    ? '<h1>Signed out</h1><a href="/auth/signin">Sign in to the app</a>'
    : `<h1>Welcome ${user}</h1><a href="/auth/signout">Sign out of the app</a> <a href="/goodbye">Sign out of all apps</a>`

/** An app that signs its users in by Auth.js and its Cognito provider, both as they are. */
export function authJsApp({ origin, issuer, domain, clientId, clientSecret, onSignIn }: RelyingPartySettings): RequestListener {
  const config = {
    basePath: '/auth',
    trustHost: true,
    secret: 'a secret of the app that is long enough',
    providers: [Cognito({ clientId, clientSecret, issuer })],
    events: { signIn: ({ account }: { account?: Account }) => onSignIn(tokensOf(account)) },
  }
  return async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', origin)
    if (pathname.startsWith('/auth/')) return sendAnswer(response, await Auth(await webRequest(origin, request), config))
    if (pathname === '/goodbye') return void response.writeHead(302, { location: logoutUrl({ origin, domain, clientId }) }).end()
    const headers = { cookie: request.headers.cookie ?? '' }
    const session = (await (await Auth(new Request(`${origin}/auth/session`, { headers }), config)).json()) as SessionBody
    response.setHeader('content-type', 'text/html').end(home(session?.user?.email))
  }
}

function tokensOf(account: Account | undefined) {
  return { idToken: account?.id_token ?? '', accessToken: account?.access_token ?? '' }
}

const logoutUrl = ({ origin, domain, clientId }: Pick<RelyingPartySettings, 'origin' | 'domain' | 'clientId'>): string =>
  `${domain}/logout?${new URLSearchParams({ client_id: clientId, logout_uri: `${origin}/` })}`

async function webRequest(origin: string, request: IncomingMessage): Promise<Request> {
  const { method = 'GET', url = '/', headers } = request
  const sent = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)])
  return new Request(`${origin}${url}`, { method, headers: sent, ...(method === 'POST' && { body: await text(request) }) })
}

async function sendAnswer(response: ServerResponse, answer: Response): Promise<void> {
  response.statusCode = answer.status
  for (const [name, value] of answer.headers) if (name !== 'set-cookie') response.setHeader(name, value)
  response.setHeader('set-cookie', answer.headers.getSetCookie()).end(await answer.text())
}

/** An app with Express that signs its users in by passport-openidconnect, with the settings of its README. */
export function passportApp({ origin, issuer, domain, clientId, clientSecret, onSignIn }: RelyingPartySettings): RequestListener {
  const users = new passport.Passport()
  users.serializeUser((user, done) => done(null, user))
  users.deserializeUser((user: Express.User, done) => done(null, user))
  users.use(
    'lifeguard',
    new Strategy(
      {
        issuer,
        authorizationURL: `${domain}/oauth2/authorize`,
        tokenURL: `${domain}/oauth2/token`,
        userInfoURL: `${domain}/oauth2/userInfo`,
        clientID: clientId,
        clientSecret,
        callbackURL: `${origin}/auth/callback/passport`,
        scope: ['email', 'profile'],
        skipUserProfile: false,
      },
      (
        _issuer: string,
        profile: Profile,
        _context: object,
        idToken: string | object,
        accessToken: string | object,
        _refreshToken: string,
        done: VerifyCallback,
      ) => {
        onSignIn({ idToken: String(idToken), accessToken: String(accessToken) })
        done(null, { email: profile.emails?.[0]?.value })
      },
    ),
  )
  const app = express()
  app.use(expressSession({ secret: 'a secret of the app', resave: false, saveUninitialized: false }))
  app.use(users.session())
  app.get('/auth/signin', users.authenticate('lifeguard'))
  app.get('/auth/callback/passport', users.authenticate('lifeguard', { successRedirect: '/', failureMessage: true }))
  app.get('/auth/signout', (request, response, next) => request.logout((error) => (error ? next(error) : response.redirect('/'))))
  app.get('/goodbye', (_request, response) => response.redirect(logoutUrl({ origin, domain, clientId })))
  app.get('/', ({ user }, response) => void response.send(home((user as { email?: string } | undefined)?.email)))
  return app
}

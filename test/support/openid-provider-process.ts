import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { type Fault, fail, profileOf, type StandIn, takeAppleSecret, withAppleUser } from './social-stand-ins.ts'

// A certified OpenID provider from npm, in a process of its own. The parent sends settings by IPC, and gets the issuer.

export type ProviderAccount = { readonly sub: string; readonly [claim: string]: unknown }

export type ProviderClient = Readonly<Record<string, unknown>>

export type ProviderSetUp = {
  readonly clients: readonly ProviderClient[]
  readonly accounts: readonly ProviderAccount[]
  readonly configuration?: Readonly<Record<string, unknown>>
  /** What the provider does as another one does it. */
  readonly standIn?: StandIn
  /** Endpoints that fail, by path, by method and path, or by scheme of authorization, method and path: `Basic POST /token`. */
  readonly faults?: Readonly<Record<string, Fault>>
}

type Message = { readonly open?: ProviderSetUp; readonly accounts?: readonly ProviderAccount[]; readonly clockMs?: number }

/** The few of the library's types that this file needs. */
type Interaction = { readonly uid: string; readonly prompt: { readonly name: string }; readonly params: Readonly<Record<string, unknown>> }
type Grant = { addOIDCScope(scope: string): void; addOIDCClaims(claims: string[]): void; save(): Promise<string> }
type Context = { body: unknown; readonly oidc?: { readonly session?: { readonly accountId?: string } } }
type Provider = {
  use(middleware: (context: Context, next: () => Promise<void>) => Promise<void>): void
  readonly AccessToken: { find(token: string): Promise<{ readonly accountId: string } | undefined> }
  callback(): (request: IncomingMessage, response: ServerResponse) => void
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  readonly Grant: new (options: { accountId: string; clientId: string }) => Grant
}
type Library = { readonly Provider: new (issuer: string, configuration: object) => Provider }

const { Provider: OpenIdProvider } = (await import(import.meta.resolve('oidc-provider'))) as Library

// Tests set the clock, so that it stands still like that of our server.
const realNow = Date.now
let clockMs: number | undefined
Date.now = () => clockMs ?? realNow()

const accounts = new Map<string, ProviderAccount>()
let provider: Provider | undefined
let setUp: ProviderSetUp = { clients: [], accounts: [] }

const server = createServer((request, response) => {
  void handle(request, response).catch((error: Error) => response.writeHead(500).end(error.message))
})

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (provider === undefined) return void response.writeHead(503).end()
  if (await answerAsStandIn(provider, request, response)) return
  const [, uid] = /^\/interaction\/([\w-]+)$/.exec(request.url ?? '') ?? []
  if (uid === undefined) return provider.callback()(request, response)
  const { params } = await provider.interactionDetails(request, response)
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html')
    return void response.end(page(uid, String(params['login_hint'] ?? '')))
  }
  const form = new URLSearchParams(await text(request))
  if (form.has('decline')) {
    return provider.interactionFinished(request, response, { error: 'access_denied', error_description: 'The user said no.' })
  }
  const accountId = form.get('login') ?? ''
  const grant = new provider.Grant({ accountId, clientId: String(params['client_id']) })
  grant.addOIDCScope(String(params['scope']))
  return provider.interactionFinished(request, response, { login: { accountId }, consent: { grantId: await grant.save() } })
}

/** True when the request is answered, or is to stay without an answer. */
async function answerAsStandIn(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const { standIn, faults = {} } = setUp
  const url = new URL(request.url ?? '', issuer())
  const [scheme = ''] = (request.headers.authorization ?? 'none').split(' ')
  const { method } = request
  const fault = faults[`${scheme} ${method} ${url.pathname}`] ?? faults[`${method} ${url.pathname}`] ?? faults[url.pathname]
  if (fault !== undefined) fail(response, fault)
  if (fault !== undefined || standIn === undefined) return fault !== undefined
  const { apple } = standIn
  if (apple !== undefined && url.pathname === '/token') {
    await takeAppleSecret(request, apple, issuer(), String(setUp.clients[0]?.['client_secret']))
  }
  if (url.pathname === '/auth') {
    // Apple gives ID tokens without being asked for the scope. Facebook's scopes stand between commas.
    const scope = url.searchParams.get('scope') ?? ''
    url.searchParams.set('scope', apple === undefined ? scope.replaceAll(',', ' ') : `openid ${scope}`)
    request.url = url.pathname + url.search
  }
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  const { accountId = '' } = (token === undefined ? undefined : await provider.AccessToken.find(token)) ?? {}
  const profile = profileOf(url, accounts.get(accountId))
  if (profile !== undefined) response.writeHead(profile.status, { 'content-type': 'application/json' }).end(JSON.stringify(profile.body))
  return profile !== undefined
}

const page = (uid: string, hint: string): string => `<!doctype html><title>Provider</title><h1>Provider</h1>
<form method="post" action="/interaction/${uid}"><label>Account <input name="login" value="${hint.replaceAll(/[&<"]/g, '')}"></label>
<button>Sign in at the provider</button><button name="decline" value="1">Decline</button></form>`

const claimNames = ['email', 'email_verified', 'name', 'given_name', 'family_name', 'phone_number', 'department', 'picture']

function open(next: ProviderSetUp): void {
  const { clients, accounts: given, configuration = {} } = next
  setUp = next
  for (const account of given) accounts.set(account.sub, account)
  provider = new OpenIdProvider(issuer(), {
    clients,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: claimNames },
    findAccount: (_context: unknown, sub: string) => {
      const account = accounts.get(sub)
      return account && { accountId: sub, claims: () => account }
    },
    features: { devInteractions: { enabled: false }, userinfo: { enabled: true } },
    interactions: { url: (_context: unknown, { uid }: Interaction) => `/interaction/${uid}` },
    cookies: { keys: ['a key of the tests'] },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 600, Grant: 600, Session: 600 },
    ...configuration,
  })
  provider.use(async (context, goOn) => {
    await goOn()
    const isForm = typeof context.body === 'string' && context.body.includes('<form method="post" action="')
    const account = accounts.get(context.oidc?.session?.accountId ?? '')
    if (next.standIn?.apple !== undefined && isForm) context.body = withAppleUser(String(context.body), account)
  })
}

const issuer = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

server.listen(0, '127.0.0.1', () => {
  process.on('message', (message: Message) => {
    if (message.open !== undefined) open(message.open)
    clockMs = message.clockMs ?? clockMs
    for (const account of message.accounts ?? []) accounts.set(account.sub, account)
    process.send?.({ issuer: issuer() })
  })
  process.send?.({ issuer: issuer() })
})
process.on('disconnect', () => process.exit())

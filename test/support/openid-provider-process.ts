import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

// A certified OpenID provider from npm, in a process of its own. The parent sends settings by IPC, and gets the issuer.

export type ProviderAccount = { readonly sub: string; readonly [claim: string]: unknown }

export type ProviderClient = Readonly<Record<string, unknown>>

export type ProviderSetUp = {
  readonly clients: readonly ProviderClient[]
  readonly accounts: readonly ProviderAccount[]
  readonly configuration?: Readonly<Record<string, unknown>>
}

/** The few of the library's types that this file needs. */
type Interaction = { readonly uid: string; readonly prompt: { readonly name: string }; readonly params: Readonly<Record<string, unknown>> }
type Grant = { addOIDCScope(scope: string): void; addOIDCClaims(claims: string[]): void; save(): Promise<string> }
type Provider = {
  callback(): (request: IncomingMessage, response: ServerResponse) => void
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: object): Promise<void>
  readonly Grant: new (options: { accountId: string; clientId: string }) => Grant
}
type Library = { readonly Provider: new (issuer: string, configuration: object) => Provider }

const { Provider: OpenIdProvider } = (await import(import.meta.resolve('oidc-provider'))) as Library

const accounts = new Map<string, ProviderAccount>()
let provider: Provider | undefined

const server = createServer((request, response) => {
  void handle(request, response).catch((error: Error) => response.writeHead(500).end(error.message))
})

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (provider === undefined) return void response.writeHead(503).end()
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

const page = (uid: string, hint: string): string => `<!doctype html><title>Provider</title><h1>Provider</h1>
<form method="post" action="/interaction/${uid}"><label>Account <input name="login" value="${hint.replaceAll(/[&<"]/g, '')}"></label>
<button>Sign in at the provider</button><button name="decline" value="1">Decline</button></form>`

const claimNames = ['email', 'email_verified', 'name', 'given_name', 'family_name', 'phone_number', 'department', 'picture']

function open({ clients, accounts: given, configuration = {} }: ProviderSetUp, issuer: string): void {
  for (const account of given) accounts.set(account.sub, account)
  provider = new OpenIdProvider(issuer, {
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
}

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.on('message', (message: { readonly open?: ProviderSetUp; readonly accounts?: readonly ProviderAccount[] }) => {
    if (message.open !== undefined) open(message.open, issuer)
    for (const account of message.accounts ?? []) accounts.set(account.sub, account)
    process.send?.({ issuer })
  })
  process.send?.({ issuer })
})
process.on('disconnect', () => process.exit())

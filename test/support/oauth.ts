import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import {
  CreateResourceServerCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
} from '@aws-sdk/client-cognito-identity-provider'
import { noteSecrets } from './evidence.ts'
import type { TestPoolOptions, TestServer } from './test-server.ts'

export const callback = 'https://app.test/callback'

/** The members of CreateUserPoolClient for the code flow. */
export const codeClient = {
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ['code'],
  AllowedOAuthScopes: ['openid', 'email', 'phone', 'profile', 'aws.cognito.signin.user.admin'],
  CallbackURLs: [callback],
  LogoutURLs: ['https://app.test/bye'],
  SupportedIdentityProviders: ['COGNITO'],
} satisfies Partial<CreateUserPoolClientCommandInput>

export const machineClient = {
  GenerateSecret: true,
  ExplicitAuthFlows: [],
  AllowedOAuthFlowsUserPoolClient: true,
  AllowedOAuthFlows: ['client_credentials'],
  AllowedOAuthScopes: ['https://api.test/read', 'https://api.test/write'],
} satisfies Partial<CreateUserPoolClientCommandInput>

/** A pool with the resource server https://api.test and one client for the code flow. */
export async function givenOAuthPool(server: TestServer, { pool = {}, client = {} }: TestPoolOptions = {}) {
  const owner = await server.givenPool({ pool })
  await givenResourceServer(server, owner.poolId)
  const { clientId, secret } = await givenClient(server, owner.poolId, { ...codeClient, ...client })
  return { poolId: owner.poolId, clientId, secret }
}

export async function givenResourceServer(server: TestServer, poolId: string, names: readonly string[] = ['read', 'write']): Promise<void> {
  const Scopes = names.map((ScopeName) => ({ ScopeName, ScopeDescription: ScopeName }))
  await server.send(new CreateResourceServerCommand({ UserPoolId: poolId, Identifier: 'https://api.test', Name: 'api', Scopes }))
}

export async function givenClient(server: Pick<TestServer, 'send'>, poolId: string, options: Partial<CreateUserPoolClientCommandInput>) {
  const request = { UserPoolId: poolId, ClientName: 'oauth', ...options }
  const { UserPoolClient: client } = await server.send(new CreateUserPoolClientCommand(request))
  return { clientId: client?.ClientId ?? '', secret: client?.ClientSecret ?? '' }
}

export type Reply = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The JSON in the body; an empty object when the body is something else. */
  readonly body: Readonly<Record<string, unknown>>
}

export type Sent = { readonly method?: string; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }

/**
 * Sends a request to the server and reads the answer. Redirects are not followed. A `host` among the headers is sent as it is, which `fetch`
 * would not do. Secrets in the answer are noted for the scan of the logs.
 */
export async function send(
  server: Pick<TestServer, 'url'>,
  path: string,
  { method = 'GET', headers = {}, body = '' }: Sent = {},
): Promise<Reply> {
  const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) }
  const request = server.url.startsWith('https:') ? httpsRequest : httpRequest
  const sent = request(`${server.url}${path}`, { method, headers: { ...headers, ...length } }).end(body)
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  const received = new Headers()
  for (const [name, values = []] of Object.entries(answer.headersDistinct)) for (const value of values) received.append(name, value)
  const content = await text(answer)
  const isJson = received.get('content-type')?.startsWith('application/json')
  const json = (isJson && content !== '' ? JSON.parse(content) : {}) as Record<string, unknown>
  noteSecrets(json)
  return { status: answer.statusCode ?? 0, headers: received, text: content, body: json }
}

type Form = Readonly<Record<string, string | undefined>> | string

export function post(
  server: Pick<TestServer, 'url'>,
  path: string,
  form: Form,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const body = typeof form === 'string' ? form : encode(form)
  noteSecrets(Object.fromEntries(new URLSearchParams(body)))
  return send(server, path, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } })
}

/** A query or a form. Undefined members are left out. */
export function encode(members: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(members).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return new URLSearchParams(given).toString()
}

export const basic = (id: string, secret: string): { readonly authorization: string } => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})

export const requestToken = (server: Pick<TestServer, 'url'>, form: Form, headers?: Readonly<Record<string, string>>) =>
  post(server, '/oauth2/token', form, headers)

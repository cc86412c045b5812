import { RequestRefusal } from '../../access/request-refusal.ts'
import { type Headers, headerValues } from '../../access/signed-request.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { AskedRequest } from './decide-request.ts'
import { contextOfProxy } from './proxy-context.ts'

/** The proxies whose questions this server understands. */
export type ProxyShape = 'nginx' | 'traefik' | 'envoy'

/** The request of a proxy that asks about a request of its client. */
export type ProxyQuestion = {
  readonly shape: ProxyShape
  /** Method and address of the proxy's own request. With Envoy they are the client's: Envoy only puts a prefix before the address. */
  readonly method: string
  readonly address: string
  /** What the proxy's configuration requires, as a query. */
  readonly requirements: string
  readonly headers: Headers
}

/** The headers in which a proxy says what its client sent. A proxy overwrites them, so a client cannot choose their values. */
const told = {
  nginx: { method: 'x-original-method', address: 'x-original-uri', host: 'x-original-host', encoding: 'x-original-transfer-encoding' },
  traefik: { method: 'x-forwarded-method', address: 'x-forwarded-uri', host: 'x-forwarded-host' },
} as const

/** The length of the client's body. The proxy's own request has none, or its own. */
const toldLength = 'x-original-content-length'

/**
 * Reads what a proxy asks.
 *
 * @throws ApiError InvalidParameterException when the proxy's configuration is wrong.
 * @throws RequestRefusal when proxy and service may read the client's request in different ways.
 */
export function readProxyQuestion(question: ProxyQuestion): AskedRequest {
  const client = clientRequestOf(question)
  const { method, address, headers } = client
  const at = address.indexOf('?')
  const [path, query] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)]
  const required = readRequirements(question.requirements)
  const all = (name: string) => required.getAll(name)
  const [action, resource] = [required.get('Action'), required.get('Resource')]
  requireOneReading(client)
  if ((action === null) !== (resource === null)) throw invalidParameter('Action and Resource are needed together.')
  return {
    head: { method, path, query, headers },
    // A proxy does not send the body along, so the signature counts for the hash that the client claims.
    payloadHash: undefined,
    hasUnseenBody: hasUnseenBody(question, client),
    service: required.get('Service') ?? undefined,
    region: required.get('Region') ?? undefined,
    bearer: {
      userPoolId: required.get('UserPoolId') ?? undefined,
      clientIds: required.has('ClientId') ? all('ClientId') : undefined,
      groups: all('RequiredGroup'),
      scopes: all('RequiredScope'),
    },
    access:
      action === null || resource === null
        ? undefined
        : { action: action.replaceAll('{method}', method), resource: withPath(resource, path) },
    told: contextOfProxy({ headers, query }, { addressHeader: required.get('AddressHeader') ?? undefined, queryKeys: all('QueryKey') }),
  }
}

/** The request that the client sent to the proxy. */
function clientRequestOf({ shape, method, address, headers: sent }: ProxyQuestion): ClientRequest {
  const length = shape === 'traefik' ? undefined : sent[toldLength]
  const headers = { ...sent, ...(length !== undefined && { 'content-length': length }) }
  if (shape === 'envoy') return { method, address, headers }
  const names = told[shape]
  return {
    method: requireTold(sent, names.method, /^[A-Z]{1,32}$/),
    address: requireTold(sent, names.address, /^\//),
    headers: { ...headers, host: [requireTold(sent, names.host, /^[\w.:[\]-]{1,255}$/)] },
  }
}

type ClientRequest = { readonly method: string; readonly address: string; readonly headers: Headers }

/** Methods whose bodies mean nothing (RFC 9110 §9.3), so that services ignore them. */
const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS'])

/** A proxy does not send the body along. nginx says whether there is one. The others do not say it of a body in chunks. */
function hasUnseenBody({ shape }: ProxyQuestion, { method, headers }: ClientRequest): boolean {
  if (Number(headerValues(headers, 'content-length')[0] ?? 0) > 0) return true
  return shape === 'nginx' ? headerValues(headers, told.nginx.encoding).length > 0 : !bodiless.has(method)
}

/** Headers by which clients ask web frameworks for another method or path than that of the request line. */
const overrides = ['x-http-method-override', 'x-http-method', 'x-method-override', 'x-original-url', 'x-rewrite-url']

/**
 * Refuses requests that the service may take for others: with a header that overrides the method or the path, or with `X_Auth_Sub`, which
 * services that read headers in the manner of CGI take for `X-Auth-Sub`. A `#` ends the path for some servers and not for others.
 * @throws RequestRefusal when the request is such a one
 */
function requireOneReading({ address, headers }: ClientRequest): void {
  const isOverride = (name: string) => {
    const plain = name.replaceAll(/[^a-z0-9]/g, '-')
    return overrides.includes(plain) || (plain !== name && plain.startsWith('x-auth-'))
  }
  if (!/^\/[\x21\x22\x24-\x7e]*$/.test(address) || Object.keys(headers).some(isOverride)) {
    throw new RequestRefusal('not-allowed', 'The request has two readings.')
  }
}

function requireTold(headers: Headers, name: string, pattern: RegExp): string {
  const [value, ...others] = headerValues(headers, name)
  if (value !== undefined && others.length === 0 && pattern.test(value)) return value
  throw invalidParameter(`The proxy must send the header ${name} once, as its guide says.`)
}

const single = ['Action', 'Resource', 'Service', 'Region', 'UserPoolId', 'AddressHeader']
const several = ['ClientId', 'RequiredGroup', 'RequiredScope', 'QueryKey']

/** A misspelt requirement would require nothing, so it is an error. */
function readRequirements(text: string): URLSearchParams {
  const required = new URLSearchParams(text)
  for (const [name, value] of required) {
    if (!single.includes(name) && !several.includes(name))
      throw invalidParameter(`The proxy requires ${JSON.stringify(name)}, which does not exist.`)
    if (value === '') throw invalidParameter(`The proxy requires an empty ${name}.`)
  }
  const repeated = single.find((name) => required.getAll(name).length > 1)
  if (repeated !== undefined) throw invalidParameter(`The proxy requires ${repeated} twice.`)
  return required
}

/**
 * As in AuthorizeRequest. The time to compare a resource with the patterns of policies grows with its length, which a client chooses here.
 */
const longestResource = 2048

/**
 * The resource with the client's path in the place of `{path}`. Servers read some paths in different ways, such as `/a/%2e%2e/b`. A policy
 * about one reading must not open the other, so such paths are refused.
 */
function withPath(resource: string, path: string): string {
  if (!resource.includes('{path}')) return resource
  const decoded = path.slice(1).split('/').map(decodedSegment)
  const last = decoded.length - 1
  const isPlain = decoded.every(
    (segment, at) => segment !== undefined && segment !== '.' && segment !== '..' && (segment !== '' || at === last),
  )
  if (!isPlain) throw new RequestRefusal('not-allowed', 'The path has two readings.')
  const named = resource.replaceAll('{path}', () => `/${decoded.join('/')}`)
  if (named.length > longestResource) throw new RequestRefusal('not-allowed', 'The path is too long.')
  return named
}

function decodedSegment(segment: string): string | undefined {
  try {
    const decoded = decodeURIComponent(segment)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    return /[/\\;%\x00-\x1f\x7f]/.test(decoded) ? undefined : decoded
  } catch {
    return undefined
  }
}

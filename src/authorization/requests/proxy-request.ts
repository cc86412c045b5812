import { RequestRefusal } from '../../access/request-refusal.ts'
import { type Headers, headerValues } from '../../access/signed-request.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import type { AskedRequest } from './decide-request.ts'

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
  nginx: { method: 'x-original-method', address: 'x-original-uri', host: 'x-original-host', length: 'x-original-content-length' },
  traefik: { method: 'x-forwarded-method', address: 'x-forwarded-uri', host: 'x-forwarded-host', length: undefined },
} as const

/**
 * Reads what a proxy asks.
 *
 * @throws ApiError InvalidParameterException when the proxy's configuration is wrong.
 * @throws RequestRefusal when the client's path has two readings, and the proxy's configuration asks about the path.
 */
export function readProxyQuestion(question: ProxyQuestion): AskedRequest {
  const { method, address, headers } = clientRequestOf(question)
  const at = address.indexOf('?')
  const [path, query] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)]
  requireClaimedBody(headers)
  const required = readRequirements(question.requirements)
  const all = (name: string) => required.getAll(name)
  const [action, resource] = [required.get('Action'), required.get('Resource')]
  if ((action === null) !== (resource === null)) throw invalidParameter('Action and Resource are needed together.')
  return {
    head: { method, path, query, headers },
    // A proxy does not send the body along, so the signature counts for the hash that the client claims.
    payloadHash: undefined,
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
    told: new Map(),
  }
}

/** The request that the client sent to the proxy. */
function clientRequestOf({ shape, method, address, headers }: ProxyQuestion): {
  readonly method: string
  readonly address: string
  readonly headers: Headers
} {
  if (shape === 'envoy') return { method, address, headers }
  const names = told[shape]
  const length = names.length === undefined ? undefined : headers[names.length]
  return {
    method: requireTold(headers, names.method, /^[A-Z]{1,32}$/),
    address: requireTold(headers, names.address, /^\/[\x21-\x7e]{0,16383}$/),
    headers: {
      ...headers,
      host: [requireTold(headers, names.host, /^[\w.:[\]-]{1,255}$/)],
      ...(length !== undefined && { 'content-length': length }),
    },
  }
}

/**
 * A proxy does not send the body along. A signature without `x-amz-content-sha256` would be verified as that of a request without a body, so
 * that anyone on the way could add one. nginx tells the length of the body.
 *
 * @throws RequestRefusal when a signed request has a body that no header claims.
 */
function requireClaimedBody(headers: Headers): void {
  const [length = 0] = headerValues(headers, 'content-length')
  const hasBody = Number(length) > 0 || headerValues(headers, 'transfer-encoding').length > 0
  const isSigned = headerValues(headers, 'authorization').some((value) => /^\s*AWS4-/i.test(value))
  if (hasBody && isSigned && headerValues(headers, 'x-amz-content-sha256').length === 0) {
    throw new RequestRefusal('SignatureDoesNotMatch', 'The request has a body, and the signature does not say which.')
  }
}

function requireTold(headers: Headers, name: string, pattern: RegExp): string {
  const [value, ...others] = headerValues(headers, name)
  if (value !== undefined && others.length === 0 && pattern.test(value)) return value
  throw invalidParameter(`The proxy must send the header ${name} once, as its guide says.`)
}

const single = ['Action', 'Resource', 'Service', 'Region', 'UserPoolId']
const several = ['ClientId', 'RequiredGroup', 'RequiredScope']

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
  return resource.replaceAll('{path}', () => `/${decoded.join('/')}`)
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

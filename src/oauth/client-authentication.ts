import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { isClientSecretValid } from '../pools/secret-hash.ts'
import type { PoolAndClient } from '../signin/sign-in.ts'
import { OAuthError } from './oauth-error.ts'
import type { Parameters } from './parameters.ts'
import { findClientOfHost, type RequestHost } from './request-host.ts'

/** A request of a client to an endpoint that authenticates it. */
export type ClientRequest = {
  readonly host: RequestHost
  /** The Authorization header. */
  readonly authorization: string | undefined
  readonly parameters: Parameters
}

/** What a client sent to authenticate itself. `secrets` are the readings of the one secret; empty when the client sent none. */
type Presented = { readonly clientId: string; readonly secrets: readonly string[] }

/** What contradicts itself or cannot be read names no client. */
const nobody: Presented = { clientId: '', secrets: [] }

/** A method of client authentication (RFC 6749 §2.3). Undefined when the request does not use it. */
type AuthenticationMethod = (request: ClientRequest) => Presented | undefined

/** How an endpoint authenticates clients: the methods in the order in which they are tried, and the status of `invalid_client`. */
export type ClientAuthentication = { readonly methods: readonly AuthenticationMethod[]; readonly refusalStatus: 400 | 401 }

/**
 * `client_secret_basic` (RFC 6749 §2.3.1). The RFC has id and secret form-encoded in the header. Some clients do not encode them, so the
 * secret counts in both readings: a `+` is a plus sign in one and a space in the other.
 */
export const clientSecretBasic: AuthenticationMethod = ({ authorization, parameters }) => {
  const [, encoded] = /^Basic +([\w+/-]*={0,2})$/i.exec(authorization ?? '') ?? []
  if (encoded === undefined) return undefined
  const [, clientId, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  const inBody = parameters.get('client_id')
  if (clientId === undefined || secret === undefined || (inBody !== undefined && inBody !== clientId)) return nobody
  return { clientId, secrets: [...new Set([secret, formDecoded(secret)])] }
}

/** `client_secret_post` (RFC 6749 §2.3.1), and `none`, the way of public clients. */
export const clientSecretPost: AuthenticationMethod = ({ parameters }) => {
  const clientId = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  return clientId === undefined ? undefined : { clientId, secrets: secret === undefined ? [] : [secret] }
}

/**
 * Finds the client of the request and checks its secret, if it has one. Either of its two secrets is accepted.
 *
 * @throws OAuthError invalid_client when the client does not exist on this host, or when its secret is missing or wrong.
 * @throws OAuthError invalid_request when the request names no client.
 */
export async function authenticateClient(
  deps: { readonly pools: PoolCatalog },
  { methods, refusalStatus }: ClientAuthentication,
  request: ClientRequest,
): Promise<PoolAndClient> {
  const invalidClient = () => new OAuthError('invalid_client', { status: refusalStatus })
  const presented = firstOf(methods, request)
  if (presented === undefined) throw new OAuthError('invalid_request')
  const owner = await findClientOfHost(deps, request.host, presented.clientId)
  if (owner === undefined) throw invalidClient()
  const matches = presented.secrets.map((secret) => isClientSecretValid(owner.client, secret))
  if (owner.client.secrets.length > 0 && !matches.includes(true)) throw invalidClient()
  return owner
}

function firstOf(methods: readonly AuthenticationMethod[], request: ClientRequest): Presented | undefined {
  for (const method of methods) {
    const presented = method(request)
    if (presented !== undefined) return presented
  }
  return undefined
}

function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

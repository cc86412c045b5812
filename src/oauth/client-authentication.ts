import type { Clock } from '../base/clock.ts'
import type { AppClient } from '../pools/app-client.ts'
import { hasKeys, type PublicJwk } from '../pools/client-extensions/client-extensions.ts'
import { type Manner, mannerOf } from '../pools/extensions/pool-extensions.ts'
import type { PoolCatalog } from '../pools/pool-catalog.ts'
import { isClientSecretValid } from '../pools/secret-hash.ts'
import type { PoolAndClient } from '../signin/sign-in.ts'
import type { Db } from '../storage/db.ts'
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

export type ClientAuthenticationDeps = {
  readonly db: Db
  readonly clock: Clock
  readonly pools: PoolCatalog
  readonly publicUrl: string
  readonly clientKeySets: ClientKeySets
}

/** The key sets that clients publish at a URI, which this process fetches and caches. */
export type ClientKeySets = {
  /**
   * The key set at `uri`. With `isStale`, which gets a cached set, the set is fetched again if that was not tried in the last minute. Undefined
   * when there is no usable set.
   */
  find(uri: string, isStale?: boolean): Promise<readonly PublicJwk[] | undefined>
}

/** What a client sent to authenticate itself. */
export type Presented = {
  readonly clientId: string
  /** Whether it proves that the sender is this client. A public client has nothing to prove. */
  proves(deps: ClientAuthenticationDeps, owner: PoolAndClient): boolean | Promise<boolean>
}

/** What contradicts itself or cannot be read names no client. */
export const nobody: Presented = { clientId: '', proves: () => false }

/** A method of client authentication (RFC 6749 §2.3). Undefined when the request does not use it. */
export type AuthenticationMethod = (request: ClientRequest) => Presented | undefined

/** How an endpoint authenticates clients. */
export type ClientAuthentication = {
  /** In the order in which they are tried. */
  readonly methods: readonly AuthenticationMethod[]
  /** The status of `invalid_client`. */
  readonly refusalStatus: 400 | 401
  /** Whether a client that used the Authorization header is told its scheme in WWW-Authenticate (RFC 6749 §5.2). */
  readonly challengesClients?: boolean
}

/** How an endpoint authenticates the clients of a pool, by the manner of the pool. Without an entry, such pools do not have the endpoint. */
export type AuthenticationByManner = Readonly<Partial<Record<Manner, ClientAuthentication>>> & { readonly STRICT: ClientAuthentication }

/** The pool of the request does not have the endpoint. */
export class MissingEndpoint extends Error {
  override readonly name = 'MissingEndpoint'
}

/**
 * The secret of the client, or nothing for a public client. `readings` are the readings of what was sent; empty when no secret was sent.
 * A client with keys has to prove that it has them, by whatever it is authenticated.
 */
function secretIn(readings: readonly string[]): Presented['proves'] {
  return (_deps, { client }) => {
    if (hasKeys(client)) return false
    const matches = readings.map((secret) => isClientSecretValid(client, secret))
    return client.secrets.length === 0 || matches.includes(true)
  }
}

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
  return { clientId, proves: secretIn([...new Set([secret, formDecoded(secret)])]) }
}

/** `client_secret_post` (RFC 6749 §2.3.1), and `none`, the way of public clients. */
export const clientSecretPost: AuthenticationMethod = ({ parameters }) => {
  const clientId = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  return clientId === undefined ? undefined : { clientId, proves: secretIn(secret === undefined ? [] : [secret]) }
}

/**
 * Finds the client of the request, and has it prove who it is.
 *
 * @throws OAuthError invalid_client when the client does not exist on this host, or when what proves it is missing or wrong.
 * @throws OAuthError invalid_request when the request names no client.
 * @throws MissingEndpoint when pools of this manner do not have the endpoint.
 */
export async function authenticateClient(
  deps: ClientAuthenticationDeps,
  byManner: AuthenticationByManner,
  request: ClientRequest,
): Promise<PoolAndClient> {
  const manner = await mannerOfRequest(deps, byManner, request)
  const authentication = manner === undefined ? spokenMethods(byManner, request) : byManner[manner]
  if (authentication === undefined) throw new MissingEndpoint()
  const { methods } = authentication
  const presented = firstOf(methods, request)
  if (presented === undefined) throw new OAuthError('invalid_request')
  const owner = await findClientOfHost(deps, request.host, presented.clientId)
  // Two methods in one request may name clients of two pools.
  const isOfManner = owner !== undefined && mannerOf(owner.pool) === manner
  if (!isOfManner || !(await presented.proves(deps, owner))) throw refusedClient(authentication, request)
  return owner
}

/** The refusal of a client that has not proven who it is. */
export function refusedClient({ refusalStatus, challengesClients }: ClientAuthentication, { authorization }: ClientRequest): OAuthError {
  const challenge = challengesClients && /^Basic /i.test(authorization ?? '') ? 'Basic realm="oauth2"' : undefined
  return new OAuthError('invalid_client', { status: refusalStatus, challenge })
}

/** The manner of the pool that the request is for: that of the host's domain, else that of the client. Undefined for an unknown client. */
async function mannerOfRequest(
  { pools }: Pick<ClientAuthenticationDeps, 'pools'>,
  byManner: AuthenticationByManner,
  request: ClientRequest,
): Promise<Manner | undefined> {
  const { host } = request
  if (host.kind === 'domain') {
    const pool = await pools.findPool(host.domain.poolId)
    return pool && mannerOf(pool)
  }
  const methods = Object.values(byManner).flatMap((authentication) => authentication.methods)
  const owner = await findClientOfHost({ pools }, host, firstOf(methods, request)?.clientId ?? '')
  return owner && mannerOf(owner.pool)
}

/** For an unknown client: the first manner whose methods the request uses. */
function spokenMethods(byManner: AuthenticationByManner, request: ClientRequest): ClientAuthentication {
  const { COGNITO, STRICT } = byManner
  return COGNITO !== undefined && firstOf(COGNITO.methods, request) !== undefined ? COGNITO : STRICT
}

/** Whether the client can prove who it is. A public client cannot. */
export function isConfidential(client: AppClient): boolean {
  return client.secrets.length > 0 || hasKeys(client)
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

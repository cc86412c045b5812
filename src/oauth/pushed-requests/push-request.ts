import { randomBytes } from 'node:crypto'
import { oauthOf } from '../../pools/extensions/pool-extensions.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { type AuthorizationRequestDeps, identifyRequest } from '../authorize/authorization-request.ts'
import { readAuthorizationRequest } from '../authorize/read-request.ts'
import {
  type AuthenticationByManner,
  authenticateClient,
  type ClientAuthenticationDeps,
  type ClientRequest,
} from '../client-authentication.ts'
import { deviceParameter } from '../device-grant/device-target.ts'
import { type DpopDeps, verifyProof } from '../dpop/dpop-proof.ts'
import { OAuthError } from '../oauth-error.ts'
import { PageError } from '../page-error.ts'
import type { Parameters } from '../parameters.ts'
import { strictClientAuthentication } from '../private-key-jwt/private-key-jwt.ts'
import { hashOfRequestUri, pushedLifetimeSeconds, requestUriPrefix } from './pushed-request.ts'
import { insertPushedRequest } from './pushed-request-repository.ts'

export type PushRequestDeps = ClientAuthenticationDeps & AuthorizationRequestDeps & DpopDeps

const clientAuthentication: AuthenticationByManner = { STRICT: strictClientAuthentication }

/** The most characters of a pushed request. Browsers and proxies allow less in the query of an address. */
const longestForm = 16_384

/** Parameters that are no part of an authorization request: those that authenticate the client, and that of the device page. */
const leftOut: ReadonlySet<string> = new Set(['client_secret', 'client_assertion', 'client_assertion_type', deviceParameter])

type PushAnswer = { readonly request_uri: string; readonly expires_in: number }

/**
 * The endpoint for pushed authorization requests (RFC 9126): keeps the parameters of an authorization request, and returns a URI that
 * stands for them. A public client may push requests too. The request is checked as the authorization endpoint checks it. `onClient` is
 * called as soon as the client is authenticated.
 *
 * @throws MissingEndpoint in pools that are not of manner strict.
 * @throws OAuthError invalid_client, and the errors of the authorization endpoint.
 */
export async function pushRequest(
  deps: PushRequestDeps,
  request: ClientRequest & { readonly dpop: string | undefined; readonly onClient: (owner: PoolAndClient) => void },
): Promise<PushAnswer> {
  const owner = await authenticateClient(deps, clientAuthentication, request)
  request.onClient(owner)
  if (request.parameters.has('request_uri')) throw new OAuthError('invalid_request')
  const parameters = new Map([...request.parameters].filter(([name]) => !leftOut.has(name)))
  parameters.set('client_id', owner.client.id)
  if (request.dpop !== undefined) parameters.set('dpop_jkt', await readKey(deps, owner, request.dpop, parameters))
  const form = new URLSearchParams([...parameters]).toString()
  if (form.length > longestForm) throw new OAuthError('invalid_request', { status: 413 })
  await requireValidRequest(deps, request, form)
  const uri = `${requestUriPrefix}${randomBytes(32).toString('base64url')}`
  await insertPushedRequest(deps.db, {
    poolId: owner.pool.id,
    id: hashOfRequestUri(uri),
    clientId: owner.client.id,
    form,
    openedAt: null,
    expiresAt: deps.clock.now() + pushedLifetimeSeconds * 1000,
  })
  return { request_uri: uri, expires_in: pushedLifetimeSeconds }
}

/** The key of a proof that comes with the request, in the place of `dpop_jkt` (RFC 9449 §10.1). */
async function readKey(deps: PushRequestDeps, { pool }: PoolAndClient, proof: string, parameters: Parameters): Promise<string> {
  const proven = await verifyProof(deps, proof, { pool, method: 'POST', path: '/oauth2/par' })
  if ((parameters.get('dpop_jkt') ?? proven) !== proven) throw new OAuthError('invalid_dpop_proof')
  return proven
}

/** What would lead a browser to the error page is an error of the client's request here. */
async function requireValidRequest(deps: PushRequestDeps, { host }: ClientRequest, form: string): Promise<void> {
  try {
    const identified = await identifyRequest(deps, host, form)
    await readAuthorizationRequest(deps, { ...identified, pushedId: 'being pushed' })
  } catch (error) {
    if (!(error instanceof PageError)) throw error
    throw new OAuthError(error.code === 'unauthorized_client' ? 'unauthorized_client' : 'invalid_request', { cause: error })
  }
}

/** The members of discovery documents in pools of manner strict (RFC 9126 §5). */
export const pushedRequestMetadata = (base: string, pool: Pool) => ({
  pushed_authorization_request_endpoint: `${base}/oauth2/par`,
  require_pushed_authorization_requests: oauthOf(pool).requirePushedRequests ?? false,
})

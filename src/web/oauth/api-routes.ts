import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OperationName } from '../../contract/operation.ts'
import { newNonce, requiresNonces } from '../../oauth/dpop/dpop-nonce.ts'
import { type DpopDeps, proofAlgorithms } from '../../oauth/dpop/dpop-proof.ts'
import { OAuthError } from '../../oauth/oauth-error.ts'
import { readParameters } from '../../oauth/parameters.ts'
import { findRequestHost, type HostDeps } from '../../oauth/request-host.ts'
import { revokeToken } from '../../oauth/revocation.ts'
import { deviceCodeGrantType } from '../../oauth/token/device-code.ts'
import { cognitoTokenEndpoint, exchangeGrant, type TokenEndpointDeps } from '../../oauth/token/token-endpoint.ts'
import { readUserInfo } from '../../oauth/userinfo.ts'
import type { Pool } from '../../pools/pool.ts'
import type { PoolAndClient } from '../../signin/sign-in.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { note } from '../request-notes.ts'
import { addOAuthRoute, answering, contextOf, countAs, hasForm, type OAuthRouteOptions, withForm } from './oauth-route.ts'

type Deps = TokenEndpointDeps & HostDeps

/** The endpoints that programs call. Pages of any origin may call them too: they take no cookies. */
export function oauthApiRoutes(app: FastifyInstance, deps: Deps, options: OAuthRouteOptions): void {
  addOAuthRoute(app, {
    path: '/oauth2/token',
    isForPages: true,
    allowed: { POST: (request, reply) => answering(options, request, () => token(deps, options, request, reply), refuse(request, reply)) },
  })
  addOAuthRoute(app, {
    path: '/oauth2/revoke',
    isForPages: true,
    allowed: { POST: (request, reply) => answering(options, request, () => revoke(deps, options, request, reply), refuse(request, reply)) },
  })
  const answerUserInfo = (request: FastifyRequest, reply: FastifyReply) =>
    answering(options, request, () => userInfo(deps, options, request, reply), refuseBearer(request, reply))
  addOAuthRoute(app, { path: '/oauth2/userInfo', isForPages: true, allowed: { GET: answerUserInfo, POST: answerUserInfo } })
}

async function revoke(deps: Deps, options: OAuthRouteOptions, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  await withForm(options, request, async (form) => {
    const { authorization, host } = request.headers
    await revokeToken(deps, {
      host: await findRequestHost(deps, host),
      authorization,
      parameters: readParameters(form),
      onClient: (owner) => {
        noteClient(request, owner)
        countAs('RevokeToken', request, options)
      },
    })
  })
  return send(request, reply, 200, undefined)
}

async function userInfo(deps: Deps, options: OAuthRouteOptions, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { authorization, host } = request.headers
  const ask = async (formToken: string | undefined) =>
    readUserInfo(deps, {
      formToken,
      host: await findRequestHost(deps, host),
      authorization,
      dpop: proofIn(request),
      method: request.method,
      onPool: (pool) => offerNonce(deps, { request, reply, pool }),
      onCaller: (caller) => {
        noteClient(request, caller)
        countAs('GetUser', request, options)
      },
    })
  // With the header, a body has no meaning.
  const isTokenInForm = authorization === undefined && request.method === 'POST' && hasForm(request)
  const claims = isTokenInForm
    ? await withForm(options, request, async (form) => ask(readParameters(form).get('access_token')))
    : await runAdmitted(options, () => ask(undefined))
  return send(request, reply, 200, claims)
}

/** The API operation whose rate a grant counts against. */
const operationOfGrant: Readonly<Record<string, OperationName>> = {
  client_credentials: 'GetClientToken',
  refresh_token: 'GetTokensFromRefreshToken',
}

function countGrant(grantType: string, request: FastifyRequest, options: OAuthRouteOptions): void {
  if (grantType === deviceCodeGrantType) countPoll(request, options)
  else countAs(operationOfGrant[grantType] ?? 'GetTokensFromRefreshToken', request, options)
}

/**
 * Devices poll for minutes. That must not use up the rate of sign-ins. Past the rate, devices are told to poll less often (RFC 8628 §3.5):
 * after another error they give up.
 */
function countPoll(request: FastifyRequest, options: OAuthRouteOptions): void {
  try {
    countAs('GetUser', request, options)
  } catch (error) {
    throw new OAuthError('slow_down', { cause: error })
  }
}

async function token(deps: Deps, options: OAuthRouteOptions, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const answer = await withForm(options, request, async (form) => {
    const { authorization, host } = request.headers
    return exchangeGrant(deps, cognitoTokenEndpoint, {
      host: await findRequestHost(deps, host),
      authorization,
      parameters: readParameters(form),
      dpop: proofIn(request),
      context: contextOf(request, options),
      onClient: (owner, grantType) => {
        noteClient(request, owner)
        offerNonce(deps, { request, reply, pool: owner.pool })
        countGrant(grantType, request, options)
      },
    })
  })
  return send(request, reply, 200, answer)
}

/** The header with a proof (RFC 9449 §4.1). Node joins repeated headers with a comma, which no proof contains. */
export function proofIn({ headers }: FastifyRequest): string | undefined {
  const proof = headers['dpop']
  return Array.isArray(proof) ? proof.join(',') : proof
}

/** In pools that demand nonces, each answer to a proof carries a fresh one, so that clients need not ask again (RFC 9449 §8.2). */
export function offerNonce(
  deps: DpopDeps,
  { request, reply, pool }: { readonly request: FastifyRequest; readonly reply: FastifyReply; readonly pool: Pool },
): void {
  if (proofIn(request) !== undefined && requiresNonces(pool)) reply.header('dpop-nonce', newNonce(deps, pool))
}

export function noteClient({ raw }: FastifyRequest, { pool, client }: PoolAndClient): void {
  note(raw, { clientId: client.id, userPoolId: pool.id })
}

const exposedHeaders = 'www-authenticate, x-amz-cognito-request-id, retry-after'

/** The headers of every answer, as Cognito sends them. Answers contain tokens, so no cache may keep them (RFC 6749 §5.1). */
export function send(request: FastifyRequest, reply: FastifyReply, status: number, body: object | undefined): FastifyReply {
  return reply
    .code(status)
    .headers({
      'content-type': 'application/json;charset=UTF-8',
      'x-amz-cognito-request-id': request.id,
      'access-control-allow-origin': '*',
      'access-control-expose-headers': reply.hasHeader('dpop-nonce') ? `${exposedHeaders}, dpop-nonce` : exposedHeaders,
      'cache-control': 'no-cache, no-store, max-age=0, must-revalidate',
      pragma: 'no-cache',
      expires: '0',
      'x-frame-options': 'DENY',
      'x-xss-protection': '1; mode=block',
    })
    .send(body === undefined ? undefined : JSON.stringify(body))
}

export const refuse =
  (request: FastifyRequest, reply: FastifyReply) =>
  ({ error, description, status, challenge }: OAuthError): FastifyReply => {
    if (status === 503) reply.header('retry-after', '1')
    if (challenge !== undefined) reply.header('www-authenticate', challenge)
    return send(request, reply, status, { error, ...(description !== undefined && { error_description: description }) })
  }

/** The refusal of a request with an access token also says why in a header (RFC 6750 §3). */
const refuseBearer =
  (request: FastifyRequest, reply: FastifyReply) =>
  (refusal: OAuthError): FastifyReply => {
    const { error, description, status, challenge } = refusal
    const scheme = /^DPoP /i.test(request.headers.authorization ?? '') ? 'DPoP' : 'Bearer'
    const members = [
      `error="${error}"`,
      ...(description === undefined ? [] : [`error_description="${description}"`]),
      // RFC 9449 §7.1
      ...(scheme === 'DPoP' ? [`algs="${proofAlgorithms.join(' ')}"`] : []),
    ]
    if (status < 429 && challenge === undefined) reply.header('www-authenticate', `${scheme} ${members.join(', ')}`)
    return refuse(request, reply)(refusal)
  }

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { OperationName } from '../../contract/operation.ts'
import { MissingEndpoint } from '../../oauth/client-authentication.ts'
import {
  deleteRegisteredClient,
  describeClient,
  type Registrant,
  requireRegisteredClient,
  updateClient,
} from '../../oauth/client-registration/manage-client.ts'
import {
  parseMetadata,
  type RegistrationDeps,
  type RegistrationOrigin,
  registerClient,
  requireRegistrant,
} from '../../oauth/client-registration/register-client.ts'
import type { OAuthError } from '../../oauth/oauth-error.ts'
import { findRequestHost } from '../../oauth/request-host.ts'
import type { Pool } from '../../pools/pool.ts'
import { runAdmitted } from '../overload/run-admitted.ts'
import { note } from '../request-notes.ts'
import { addressOf } from '../rpc/received-head.ts'
import { noteClient, refuse, send } from './api-routes.ts'
import { addOAuthRoute, answeringIfThere, countAs, type OAuthRouteOptions, withJson } from './oauth-route.ts'

/** `recordsAddresses`: whether audit records have the address of the client. */
type Options = OAuthRouteOptions & { readonly recordsAddresses: boolean }

type Work = (deps: RegistrationDeps, options: Options, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** The endpoints at which app clients register themselves (RFC 7591), and manage that (RFC 7592). They take no cookies, so pages may call them. */
export function registrationRoutes(app: FastifyInstance, deps: RegistrationDeps, options: Options): void {
  const answer = (work: Work) => (request: FastifyRequest, reply: FastifyReply) =>
    answeringIfThere(options, request, reply, () => work(deps, options, request, reply), refuseToken(request, reply))
  // On a domain the host names the pool, on the main host the path does.
  for (const path of ['/oauth2/register', '/:userPoolId/oauth2/register']) {
    addOAuthRoute(app, { path, isForPages: true, allowed: { POST: answer(register) } })
  }
  addOAuthRoute(app, {
    path: '/oauth2/register/:clientId',
    isForPages: true,
    allowed: { GET: answer(describe), PUT: answer(update), DELETE: answer(remove) },
  })
}

const register: Work = async (deps, options, request, reply) => {
  const { authorization } = request.headers
  // The body is read only of a caller who may register clients.
  const pool = await runAdmitted(options, async () => {
    const found = await findPoolOf(deps, request)
    note(request.raw, { userPoolId: found.id })
    countAs('CreateUserPoolClient', request, options, found.id)
    await requireRegistrant(deps, { pool: found, authorization })
    return found
  })
  const information = await withJson(options, request, (json) =>
    registerClient(deps, { pool, authorization }, parseMetadata(json), originOf(request, options)),
  )
  return send(request, reply, 201, information)
}

/** @throws MissingEndpoint when the request names no pool of this host */
async function findPoolOf(deps: RegistrationDeps, { params, headers }: FastifyRequest): Promise<Pool> {
  const { userPoolId } = params as { readonly userPoolId?: string }
  const host = await findRequestHost(deps, headers.host)
  const poolId = host.kind === 'domain' ? host.domain.poolId : userPoolId
  const isOther = host.kind === 'unknown' || (userPoolId !== undefined && userPoolId !== poolId)
  const pool = poolId === undefined || isOther ? undefined : await deps.pools.findPool(poolId)
  if (pool === undefined) throw new MissingEndpoint()
  return pool
}

const describe: Work = async (deps, options, request, reply) => {
  const information = await runAdmitted(options, async () =>
    describeClient(deps, await requireCaller(deps, options, request, 'DescribeUserPoolClient')),
  )
  return send(request, reply, 200, information)
}

const update: Work = async (deps, options, request, reply) => {
  const registrant = await runAdmitted(options, () => requireCaller(deps, options, request, 'UpdateUserPoolClient'))
  const information = await withJson(options, request, (json) =>
    updateClient(deps, registrant, parseMetadata(json), originOf(request, options)),
  )
  return send(request, reply, 200, information)
}

const remove: Work = async (deps, options, request, reply) => {
  await runAdmitted(options, async () =>
    deleteRegisteredClient(deps, await requireCaller(deps, options, request, 'DeleteUserPoolClient'), originOf(request, options)),
  )
  return send(request, reply, 204, undefined)
}

/** The client that manages itself. The request counts against the rate of `operation`. */
async function requireCaller(
  deps: RegistrationDeps,
  options: Options,
  request: FastifyRequest,
  operation: OperationName,
): Promise<Registrant> {
  const { authorization, host } = request.headers
  return requireRegisteredClient(deps, {
    host: await findRequestHost(deps, host),
    clientId: (request.params as { readonly clientId: string }).clientId,
    authorization,
    onClient: (owner) => {
      noteClient(request, owner)
      countAs(operation, request, options, owner.pool.id)
    },
  })
}

function originOf(request: FastifyRequest, { recordsAddresses, trustedProxies }: Options): RegistrationOrigin {
  return { requestId: request.id, address: recordsAddresses ? addressOf(request.raw, trustedProxies) : undefined }
}

/** The refusal of a token also says so in a header (RFC 6750 §3). */
const refuseToken = (request: FastifyRequest, reply: FastifyReply) => (refusal: OAuthError) => {
  if (refusal.status === 401) reply.header('www-authenticate', `Bearer error="${refusal.error}"`)
  return refuse(request, reply)(refusal)
}

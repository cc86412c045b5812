import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type DeviceAuthorizationDeps, requestDeviceAuthorization } from '../../oauth/device-grant/request-device-authorization.ts'
import { type IntrospectionDeps, introspectToken } from '../../oauth/introspection/introspection.ts'
import { readParameters } from '../../oauth/parameters.ts'
import { type PushRequestDeps, pushRequest } from '../../oauth/pushed-requests/push-request.ts'
import { findRequestHost, type HostDeps } from '../../oauth/request-host.ts'
import { noteClient, offerNonce, proofIn, refuse, send } from './api-routes.ts'
import { addOAuthRoute, answeringIfThere, countAs, type OAuthRouteOptions, withForm } from './oauth-route.ts'

type Deps = IntrospectionDeps & PushRequestDeps & DeviceAuthorizationDeps & HostDeps

type Work = (deps: Deps, options: OAuthRouteOptions, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** The endpoints that programs call and that only pools of manner strict have. In other pools they answer 404. */
export function strictApiRoutes(app: FastifyInstance, deps: Deps, options: OAuthRouteOptions): void {
  const route = (path: string, work: Work, isForPages: boolean) =>
    addOAuthRoute(app, {
      path,
      isForPages,
      allowed: {
        POST: (request, reply) =>
          answeringIfThere(options, request, reply, () => work(deps, options, request, reply), refuse(request, reply)),
      },
    })
  route('/oauth2/par', push, true)
  route('/oauth2/device_authorization', authorizeDevice, true)
  // A resource server is no page.
  route('/oauth2/introspect', introspect, false)
}

const introspect: Work = async (deps, options, request, reply) => {
  const answer = await withForm(options, request, async (form) => {
    const { authorization, host } = request.headers
    return introspectToken(deps, {
      host: await findRequestHost(deps, host),
      authorization,
      parameters: readParameters(form),
      onClient: (owner) => {
        noteClient(request, owner)
        countAs('GetUser', request, options)
      },
    })
  })
  return send(request, reply, 200, answer)
}

type ClientRequest = Parameters<typeof pushRequest>[1] & Parameters<typeof requestDeviceAuthorization>[1]

/** The work of an endpoint to which a client brings what it later asks the user for. */
const workOf =
  (begin: (deps: Deps, request: ClientRequest) => Promise<object>, status: number): Work =>
  async (deps, options, request, reply) => {
    const answer = await withForm(options, request, async (form) => {
      const { authorization, host } = request.headers
      return begin(deps, {
        host: await findRequestHost(deps, host),
        authorization,
        parameters: readParameters(form),
        dpop: proofIn(request),
        onClient: (owner) => {
          noteClient(request, owner)
          offerNonce(deps, { request, reply, pool: owner.pool })
          // As many as the authorization endpoint answers.
          countAs('GetTokensFromRefreshToken', request, options)
        },
      })
    })
    return send(request, reply, status, answer)
  }

const push = workOf(pushRequest, 201)
const authorizeDevice = workOf(requestDeviceAuthorization, 200)

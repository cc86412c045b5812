import type { Headers } from '../../access/signed-request.ts'
import { invalidParameter } from '../../contract/api-error.ts'
import { type Input, type Output, operation } from '../../contract/operation.ts'
import type { AuthorizedPrincipal } from './authorized-principal.ts'
import { type AskedRequest, type DecisionDeps, decideRequest, type RequestDecision } from './decide-request.ts'
import { readToldKeys } from './request-context.ts'

/** The longest Message of an answer. */
const longestMessage = 2048

/**
 * Lifeguard's own operation: decides about a request that another service received. A refused request is an answer, not an error. Errors say
 * that the service asked in the wrong way.
 */
export const authorizeRequest = operation('AuthorizeRequest', {
  auth: 'iam',

  async handle(request, deps: DecisionDeps) {
    return writeDecision(await decideRequest(deps, readAsked(request)))
  },
})

function readAsked(request: Input<'AuthorizeRequest'>): AskedRequest {
  const { Method: method, Path: target, Headers: sent, Action: action, Resource: resource } = request
  if ((action === undefined) !== (resource === undefined)) throw invalidParameter('Action and Resource are needed together.')
  const at = target.indexOf('?')
  const [path, query] = at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
  return {
    head: { method, path, query, headers: readHeaders(sent) },
    payloadHash: request.PayloadHash,
    // A service that sends no hash learns from `PayloadSigned` that the body is not covered.
    hasUnseenBody: false,
    service: request.Service,
    region: request.Region,
    bearer: {
      userPoolId: request.UserPoolId,
      clientIds: request.ClientIds,
      groups: request.RequiredGroups ?? [],
      scopes: request.RequiredScopes ?? [],
    },
    access: action === undefined || resource === undefined ? undefined : { action, resource },
    told: readToldKeys(request.Context ?? {}),
  }
}

/** The headers by their names in lower case. Values of names that differ in case only are values of one header. */
function readHeaders(sent: Readonly<Record<string, readonly string[]>>): Headers {
  const headers: Record<string, readonly string[]> = Object.create(null)
  for (const [name, values] of Object.entries(sent)) {
    const lower = name.toLowerCase()
    const others = headers[lower]
    headers[lower] = others === undefined ? values : [...others, ...values]
  }
  return headers
}

function writeDecision({ allowed, reason, message, principal }: RequestDecision): Output<'AuthorizeRequest'> {
  return {
    Allowed: allowed,
    Reason: reason,
    Message: message.slice(0, longestMessage),
    Principal: principal && writePrincipal(principal),
    PayloadSigned: principal?.payloadSigned ?? false,
    ExpiresAt: principal?.expiresAt === undefined ? undefined : new Date(principal.expiresAt),
  }
}

function writePrincipal({ type, signing, user, client }: AuthorizedPrincipal): NonNullable<Output<'AuthorizeRequest'>>['Principal'] {
  const session = signing?.session
  return {
    Type: type,
    Arn: signing?.arn,
    UserId: signing?.userId,
    AccountId: signing?.accountId,
    RoleArn: session?.roleArn,
    IdentityId: session?.identity?.id,
    IdentityPoolId: session?.identity?.poolId,
    Tags: session?.tags,
    UserPoolId: (user ?? client)?.poolId,
    ClientId: (user ?? client)?.clientId,
    Sub: user?.sub,
    Username: user?.username,
    Groups: user?.groups,
    Scopes: (user ?? client)?.scopes,
  }
}

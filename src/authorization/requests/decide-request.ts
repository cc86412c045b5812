import type { FindCredential } from '../../access/credential.ts'
import { evaluatePolicies } from '../../access/policy.ts'
import { RequestRefusal } from '../../access/request-refusal.ts'
import { verifyServiceRequest } from '../../access/service-signature.ts'
import type { RequestHead } from '../../access/signed-request.ts'
import type { AuthorizedPrincipal } from './authorized-principal.ts'
import { type BearerDeps, type BearerRequirements, bearerTokenOf, verifyBearer } from './bearer-token.ts'
import { decisionKeys } from './request-context.ts'

export type DecisionDeps = BearerDeps & { readonly findCredential: FindCredential }

/** A request that another service received, and what the service requires of it. */
export type AskedRequest = {
  readonly head: RequestHead
  /** The SHA-256 of the body, in lower-case hexadecimal digits. Undefined when the service has not computed it. */
  readonly payloadHash: string | undefined
  /** Whether there is a body, or may be one, that Lifeguard gets no hash of. */
  readonly hasUnseenBody: boolean
  /** The service and the region that a signature must be for. Undefined accepts any. */
  readonly service: string | undefined
  readonly region: string | undefined
  readonly bearer: BearerRequirements
  /** What the policies are asked about. Undefined only authenticates. */
  readonly access: { readonly action: string; readonly resource: string } | undefined
  readonly told: ReadonlyMap<string, readonly string[]>
}

export type RequestDecision = {
  readonly allowed: boolean
  /** `allowed`, `explicit-deny`, `not-allowed`, or the code of AWS for a request that is not authenticated. */
  readonly reason: string
  /** For the log of the service. */
  readonly message: string
  /** Undefined when the request is not authenticated. */
  readonly principal: AuthorizedPrincipal | undefined
}

/** Decides whether a request to another service is allowed, and who sent it. */
export async function decideRequest(deps: DecisionDeps, asked: AskedRequest): Promise<RequestDecision> {
  try {
    const principal = await authenticate(deps, asked)
    return authorize(principal, asked, deps.clock.now())
  } catch (error) {
    if (!(error instanceof RequestRefusal)) throw error
    return { allowed: false, reason: error.reason, message: error.message, principal: undefined }
  }
}

async function authenticate(deps: DecisionDeps, asked: AskedRequest): Promise<AuthorizedPrincipal> {
  const { head, payloadHash, hasUnseenBody, service, region } = asked
  const bearer = bearerTokenOf(head.headers)
  if (bearer !== undefined) return verifyBearer(deps, bearer, asked.bearer, { withRole: asked.access !== undefined })
  requireNoBearer(asked)
  const context = { now: deps.clock.now(), findCredential: deps.findCredential, service, region, payloadHash, hasUnseenBody }
  const { credential, payloadSigned, expiresAt } = await verifyServiceRequest(head, context)
  const type = credential.principal.session === undefined ? 'AccessKey' : 'RoleSession'
  return { type, signing: credential.principal, user: undefined, client: undefined, payloadSigned, expiresAt }
}

/**
 * A signature says nothing about user pools, app clients, groups and scopes. Without this check the credentials of a guest would pass where a
 * service asks for a user of a pool. With an action, the policies decide about a signed request, so that a user pool may be named as well.
 */
function requireNoBearer({ bearer: { userPoolId, clientIds, groups, scopes }, access }: AskedRequest): void {
  const needsToken = clientIds !== undefined || groups.length > 0 || scopes.length > 0 || (userPoolId !== undefined && access === undefined)
  if (needsToken) throw new RequestRefusal('MissingAuthenticationToken', 'The service requires a bearer token, and the request has none.')
}

function authorize(principal: AuthorizedPrincipal, { access, told }: AskedRequest, now: number): RequestDecision {
  if (access === undefined) return { allowed: true, reason: 'allowed', message: 'The request is authenticated.', principal }
  const { action, resource } = access
  if (principal.signing === undefined) {
    const message = principal.client === undefined ? 'The user has no role that trusts the user.' : 'An app client has no role.'
    return { allowed: false, reason: 'not-allowed', message, principal }
  }
  const { policies, keys, arn } = principal.signing
  const decision = evaluatePolicies(policies, action, resource, decisionKeys(told, keys, now))
  if (decision === 'allowed') return { allowed: true, reason: 'allowed', message: `${arn} may perform ${action}.`, principal }
  return decision === 'denied'
    ? { allowed: false, reason: 'explicit-deny', message: `A policy of ${arn} denies ${action} on ${resource}.`, principal }
    : { allowed: false, reason: 'not-allowed', message: `No policy of ${arn} allows ${action} on ${resource}.`, principal }
}

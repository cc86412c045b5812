import { evaluatePolicies } from '../../access/policy.ts'
import type { RequestHead } from '../../access/signed-request.ts'
import type { DecisionReasonType } from '../../contract/generated/types.ts'
import { type BearerDeps, findBearerToken, identifyTokenOwner } from './bearer-token.ts'
import { readContext } from './request-context.ts'
import { RefusedCredentials, type Requester, type TokenRequirements } from './requester.ts'
import { identifySigner, type SignerDeps } from './signer.ts'

export type DecisionDeps = SignerDeps & BearerDeps

/** A request that another service received, and what it asks about it. */
export type ReceivedRequest = {
  /** The names of the headers are in lower case. */
  readonly head: RequestHead
  /** The SHA-256 of the body that the service received, in lower-case hexadecimal digits. */
  readonly payloadHash: string | undefined
  /** Such as `s3:GetObject`. Undefined asks only who made the request. */
  readonly action: string | undefined
  readonly resource: string | undefined
  /** Condition keys that the service knows. */
  readonly context: Readonly<Record<string, readonly string[]>>
  readonly requirements: TokenRequirements
}

/** The explanation is for the log of the service. It has no secrets. */
export type RequestDecision = {
  readonly isAllowed: boolean
  readonly reason: DecisionReasonType
  readonly explanation: string
  /** Undefined when the credentials were refused. */
  readonly requester: Requester | undefined
}

/**
 * Decides about a request to another service.
 * @throws ApiError InvalidParameterException when the service gives a condition key that only this server may give
 */
export async function decideRequest(deps: DecisionDeps, request: ReceivedRequest): Promise<RequestDecision> {
  const keysOf = readContext(request.context, deps.clock.now())
  let requester: Requester
  try {
    requester = await identify(deps, request)
  } catch (error) {
    if (!(error instanceof RefusedCredentials)) throw error
    return { isAllowed: false, reason: error.reason, explanation: error.message, requester: undefined }
  }
  const { action, resource = '*' } = request
  if (action === undefined) return { isAllowed: true, reason: 'ALLOWED', explanation: 'The credentials are valid.', requester }
  const { principal } = requester
  if (principal === undefined) {
    return { isAllowed: false, reason: 'NOT_ALLOWED', explanation: 'The user has no role that trusts the user pool.', requester }
  }
  const decision = evaluatePolicies(principal.policies, action, resource, keysOf(principal.keys))
  const explanation = `The policies ${wordsOf[decision]} ${action} on ${resource}.`
  return { isAllowed: decision === 'allowed', reason: reasonOf[decision], explanation, requester }
}

const reasonOf = { allowed: 'ALLOWED', denied: 'EXPLICIT_DENY', 'not-allowed': 'NOT_ALLOWED' } as const
const wordsOf = { allowed: 'allow', denied: 'deny', 'not-allowed': 'do not allow' } as const

async function identify(deps: DecisionDeps, { head, payloadHash, action, requirements }: ReceivedRequest): Promise<Requester> {
  const token = findBearerToken(head)
  if (token !== undefined) return identifyTokenOwner(deps, token, requirements)
  const { userPoolId, clientIds, groups, scopes } = requirements
  // A signature says nothing about these. Without this check a guest's credentials would pass where users of a pool are asked for.
  if ((clientIds ?? groups ?? scopes) !== undefined || (userPoolId !== undefined && action === undefined)) {
    throw new RefusedCredentials('NO_CREDENTIALS', 'The request has no bearer token, which alone can meet the requirements.')
  }
  return identifySigner(deps, head, payloadHash)
}

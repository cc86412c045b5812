import { ApiError } from '../contract/api-error.ts'
import { definitionOf, getShape, type Service } from '../contract/model.ts'
import type { OperationName } from '../contract/operation.ts'
import type { SigningPrincipal } from './credential.ts'
import { allowsSomewhere, type Decision, evaluatePolicies } from './policy.ts'
import { type RequestCircumstances, requestKeys } from './request-keys.ts'
import { parseRoleArn } from './roles/role.ts'

type Request = {
  readonly operation: OperationName
  /** The decoded request body. It need not have been validated yet. */
  readonly body: unknown
  readonly accountId: string
  /** What conditions may ask about the HTTP request. Called only when a condition or variable of the policy asks. */
  readonly circumstances?: () => RequestCircumstances
}

/** The names of the services in credential scopes, in actions and in ARNs. */
export const signingNames: Readonly<Record<Service, string>> = {
  'user-pools': 'cognito-idp',
  'identity-pools': 'cognito-identity',
  lifeguard: 'lifeguard',
}

/** A kind of pool: the request member that names such a pool, the pattern of its id, and the parts of its ARN. */
type PoolKind = { readonly member: string; readonly id: RegExp; readonly service: string; readonly type: string }

const userPools: PoolKind = { member: 'UserPoolId', id: /^[\w-]{1,54}_[0-9a-zA-Z]{1,54}$/, service: 'cognito-idp', type: 'userpool' }
const identityPools: PoolKind = {
  member: 'IdentityPoolId',
  id: /^[\w-]{1,54}:[0-9a-f-]{1,54}$/,
  service: 'cognito-identity',
  type: 'identitypool',
}

/**
 * Operations on things of several pools, whose pools the request does not name. The handler asks the policy about each pool. So a policy
 * that allows them on one pool is enough here.
 */
const decidedByHandler: ReadonlySet<OperationName> = new Set(['DeleteIdentities'])

/** What decides about a request. */
type Authorized = Pick<SigningPrincipal, 'arn' | 'policies' | 'keys' | 'session'>

/**
 * Checks that the policies of the principal allow the operation on the pool that the request names. An operation that is not about a single
 * pool is decided on the resource `*`, as in IAM.
 * @throws ApiError AccessDeniedException, with AWS's text, when the policies do not allow it
 */
export function authorize(principal: Authorized, request: Request): void {
  const { service, wireName } = definitionOf(request.operation)
  const action = `${signingNames[service]}:${wireName}`
  const resource = resourceOf(request)
  const decision = decide(principal, request, resource)
  if (decision === 'allowed') return
  const isAllowedSomewhere = () => principal.policies.every((policy) => allowsSomewhere(policy, action))
  if (decision === 'not-allowed' && decidedByHandler.has(request.operation) && isAllowedSomewhere()) return

  const user = principal.arn
  const reason =
    decision === 'denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  throw new ApiError('AccessDeniedException', `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${reason}`)
}

/** Whether the policies allow the operation on the identity pool; on the resource `*` when `poolId` is undefined. */
export function isAllowedOnIdentityPool(principal: Authorized, request: Request, poolId: string | undefined): boolean {
  const resource = poolId === undefined ? '*' : identityPoolArn(poolId, request.accountId)
  return decide(principal, request, resource) === 'allowed'
}

function decide(principal: Authorized, request: Request, resource: string): Decision {
  const { service, wireName } = definitionOf(request.operation)
  // Credentials that an identity pool vends cannot call the operations of identity pools, whatever their policies say (Amazon Cognito
  // Developer Guide, "Identity pools authentication flow").
  if (service === 'identity-pools' && principal.session?.isVended) return 'denied'
  return evaluatePolicies(principal.policies, `${signingNames[service]}:${wireName}`, resource, requestKeys(principal, request))
}

export const identityPoolArn = (id: string, accountId: string): string => arnOf(identityPools, id, accountId)

/** Whether the text can be the id of an identity pool. No id of a user pool can. */
export const isIdentityPoolId = (id: string): boolean => identityPools.id.test(id)

/**
 * The id in the ARN of a user pool or identity pool of any region and account. Undefined for any other text.
 * @NOTE The caller must compare the whole ARN with that of the pool before it acts on the pool: the policy allowed the ARN as sent, and
 *   another ARN may contain the same id.
 */
export function poolIdFromArn(service: 'user-pools' | 'identity-pools', arn: string): string | undefined {
  const kind = service === 'user-pools' ? userPools : identityPools
  const [scheme, partition, named, , , ...rest] = arn.split(':')
  const resource = rest.join(':')
  if (scheme !== 'arn' || !partition || named !== kind.service || !resource.startsWith(`${kind.type}/`)) return undefined
  const id = resource.slice(kind.type.length + 1)
  return kind.id.test(id) ? id : undefined
}

/**
 * The ARN of the pool that the operation would act on, or `*` when the request names no possible pool. Only members of the operation's
 * model count: an extra UserPoolId must not make ListUserPools look like a request about that pool.
 */
function resourceOf({ operation, body, accountId }: Request): string {
  const { service, input } = definitionOf(operation)
  const members = getShape(input).members ?? {}
  const kinds = [userPools, identityPools].filter(({ member }) => Object.hasOwn(members, member))
  if (kinds.length === 0) return Object.hasOwn(members, 'ResourceArn') ? taggedResource(service, body) : roleResource(members, body)
  // ListAuditRecords takes the id of either kind, and refuses both together.
  const kind = kinds.find(({ member }) => textOf(body, member) !== undefined)
  const id = kind && textOf(body, kind.member)
  return kind !== undefined && id !== undefined && kind.id.test(id) ? arnOf(kind, id, accountId) : '*'
}

/** The ARN of a pool. The id of a user pool or identity pool begins with the region, which the ARN contains as well. */
function arnOf(kind: PoolKind, id: string, accountId: string): string {
  const region = id.slice(0, id.search(/[_:]/))
  return `arn:aws:${kind.service}:${region}:${accountId}:${kind.type}/${id}`
}

/**
 * The `ResourceArn` of a request about tags, whole and as sent; `*` when it is not the ARN of a pool. So an ARN of another region or
 * account is covered by statements about that region or account, not by statements about the pool of this server that has the same id.
 */
function taggedResource(service: Service, body: unknown): string {
  const arn = textOf(body, 'ResourceArn')
  return arn !== undefined && service !== 'lifeguard' && poolIdFromArn(service, arn) !== undefined ? arn : '*'
}

/** The ARN of the role that a request of this server's own operations is about. */
function roleResource(members: object, body: unknown): string {
  const arn = Object.hasOwn(members, 'RoleArn') ? textOf(body, 'RoleArn') : undefined
  return arn !== undefined && parseRoleArn(arn) !== undefined ? arn : '*'
}

function textOf(body: unknown, member: string): string | undefined {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[member] : undefined
  return typeof value === 'string' ? value : undefined
}

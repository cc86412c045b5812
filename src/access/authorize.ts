import { ApiError } from '../contract/api-error.ts'
import { definitionOf, getShape, type Service } from '../contract/model.ts'
import type { OperationName } from '../contract/operation.ts'
import type { AccessKey } from './access-key.ts'
import { allowsSomewhere, evaluatePolicy } from './policy.ts'
import { principalArn, type RequestCircumstances, requestKeys } from './request-keys.ts'

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

/**
 * Checks that the policy of the key allows the operation on the pool that the request names. An operation that is not about a single
 * pool is decided on the resource `*`, as in IAM.
 * @throws ApiError AccessDeniedException, with AWS's text, when the policy does not allow it
 */
export function authorize(key: Pick<AccessKey, 'id' | 'policy'>, request: Request): void {
  const { service, wireName } = definitionOf(request.operation)
  const action = `${signingNames[service]}:${wireName}`
  const resource = resourceOf(request)
  const decision = evaluatePolicy(key.policy, action, resource, requestKeys(key.id, request))
  if (decision === 'allowed') return
  if (decision === 'not-allowed' && decidedByHandler.has(request.operation) && allowsSomewhere(key.policy, action)) return

  const user = principalArn(request.accountId, key.id)
  const reason =
    decision === 'denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  throw new ApiError('AccessDeniedException', `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${reason}`)
}

/** Whether the policy of the key allows the operation on the identity pool; on the resource `*` when `poolId` is undefined. */
export function isAllowedOnIdentityPool(key: Pick<AccessKey, 'id' | 'policy'>, request: Request, poolId: string | undefined): boolean {
  const { service, wireName } = definitionOf(request.operation)
  const resource = poolId === undefined ? '*' : identityPoolArn(poolId, request.accountId)
  return evaluatePolicy(key.policy, `${signingNames[service]}:${wireName}`, resource, requestKeys(key.id, request)) === 'allowed'
}

export const identityPoolArn = (id: string, accountId: string): string => arnOf(identityPools, id, accountId)

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
  const kind = [userPools, identityPools].find(({ member }) => Object.hasOwn(members, member))
  if (kind === undefined) return Object.hasOwn(members, 'ResourceArn') ? taggedResource(service, body) : '*'
  const id = textOf(body, kind.member)
  return id !== undefined && kind.id.test(id) ? arnOf(kind, id, accountId) : '*'
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

function textOf(body: unknown, member: string): string | undefined {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[member] : undefined
  return typeof value === 'string' ? value : undefined
}

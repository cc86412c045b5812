import { ApiError } from '../contract/api-error.ts'
import type { AccessKey } from './access-key.ts'
import { decide } from './policy.ts'

export type ServiceName = 'cognito-idp' | 'cognito-identity' | 'lifeguard'

type Request = {
  readonly service: ServiceName
  readonly operation: string
  /** The decoded request body. It need not have been validated yet. */
  readonly body: unknown
  readonly region: string
  readonly accountId: string
}

/**
 * Operations whose requests name no pool. A policy decides them on the resource `*`, and a surplus member that happens to be called
 * UserPoolId must not make such a request look like one about that pool.
 */
const poollessOperations: Readonly<Record<ServiceName, ReadonlySet<string>>> = {
  'cognito-idp': new Set([
    'CreateUserPool',
    'DescribeUserPoolDomain',
    'GetClientToken',
    'GetProvisionedLimit',
    'ListUserPools',
    'UpdateProvisionedLimit',
  ]),
  'cognito-identity': new Set(['CreateIdentityPool', 'DeleteIdentities', 'DescribeIdentity', 'ListIdentityPools']),
  lifeguard: new Set(),
}

const taggingOperations: ReadonlySet<string> = new Set(['ListTagsForResource', 'TagResource', 'UntagResource'])

/** Which pools a service has: the type in their ARNs, the member that names one, and the form of an id. */
const poolKinds = {
  'cognito-idp': { service: 'cognito-idp', type: 'userpool', member: 'UserPoolId', id: /^[\w-]{1,45}_[0-9a-zA-Z]{1,45}$/ },
  'cognito-identity': { service: 'cognito-identity', type: 'identitypool', member: 'IdentityPoolId', id: /^[\w-]{1,55}:[0-9a-f-]{1,55}$/ },
} as const

type PoolKind = (typeof poolKinds)[keyof typeof poolKinds]

/**
 * Lets the caller pass if the policy of its key allows the operation on the pool that the request names.
 * @throws ApiError AccessDeniedException with the text of AWS
 */
export function authorize(key: Pick<AccessKey, 'id' | 'policy'>, request: Request): void {
  const action = `${request.service}:${request.operation}`
  const resource = resourceOf(request)
  const decision = decide(key.policy, action, resource)
  if (decision === 'allowed') return

  const user = `arn:aws:iam::${request.accountId}:access-key/${key.id}`
  const reason =
    decision === 'denied'
      ? 'with an explicit deny in an identity-based policy'
      : `because no identity-based policy allows the ${action} action`
  throw new ApiError('AccessDeniedException', `User: ${user} is not authorized to perform: ${action} on resource: ${resource} ${reason}`)
}

/** The id in the ARN of a pool of that service, whatever its region and account; undefined for any other text. */
export function poolIdFromArn(service: keyof typeof poolKinds, arn: string): string | undefined {
  const kind: PoolKind = poolKinds[service]
  const [, partition, named, , , ...rest] = arn.split(':')
  const resource = rest.join(':')
  if (!arn.startsWith('arn:') || !partition || named !== kind.service || !resource.startsWith(`${kind.type}/`)) return undefined
  const id = resource.slice(kind.type.length + 1)
  return kind.id.test(id) ? id : undefined
}

/** The ARN of the pool that the operation would act on, or `*` when it names none that could exist. */
function resourceOf({ service, operation, body, region, accountId }: Request): string {
  if (poollessOperations[service].has(operation)) return '*'
  const kind: PoolKind = poolKinds[service === 'lifeguard' ? 'cognito-idp' : service]
  const id = taggingOperations.has(operation) ? taggedPool(kind, body) : member(body, kind.member)
  return id !== undefined && kind.id.test(id) ? `arn:aws:${kind.service}:${region}:${accountId}:${kind.type}/${id}` : '*'
}

function taggedPool(kind: PoolKind, body: unknown): string | undefined {
  const arn = member(body, 'ResourceArn')
  return arn === undefined ? undefined : poolIdFromArn(kind.service, arn)
}

function member(body: unknown, name: string): string | undefined {
  const value = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
  return typeof value === 'string' ? value : undefined
}
